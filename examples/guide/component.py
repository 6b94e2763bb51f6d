"""A component whose asynchronous function calls one of Python, for several callers at once."""
import asyncio
import pathlib

import ermine
from ermine import component

file = pathlib.Path(__file__).resolve().parent.parent / "components" / "people.wat"
titles = {"Ada": "Countess Ada"}

async def title_of(name):
    await asyncio.sleep(0.1)  # or a query, a request
    return titles.get(name, name)

engine = ermine.Engine()
linker = component.Linker(engine)
linker.root().add_func("title-of", title_of)
people = component.Component.from_file(engine, file)
greet = linker.instantiate(ermine.Store(engine), people).exports.greet

async def main():
    # One after the other, this would take twice as long.
    print(await asyncio.gather(greet.call_async("Ada"), greet.call_async("Grace")))

asyncio.run(main())
