"""Builds the package: the extension module and libermine.so by CMake, from the checkout that this folder is in.

ERMINE_PYTHON_PREBUILT: a folder that has both already, which are taken as they are.
ERMINE_PYTHON_BUILD: the build folder (otherwise build/python-… of the checkout, which a second build uses again).
"""
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build():
    """Runs CMake; the folder with the result."""
    folder = pathlib.Path(os.environ.get("ERMINE_PYTHON_BUILD") or ROOT / "build" / f"python-{sys.implementation.cache_tag}")
    import pybind11

    options = {"ERMINE_PYTHON": "ON", "ERMINE_BUILD_TESTS": "OFF", "ERMINE_BUILD_EXAMPLES": "OFF",
               "Python3_EXECUTABLE": sys.executable, "pybind11_INCLUDE_DIR": pybind11.get_include()}
    subprocess.run(["cmake", "--preset", "release", "-B", str(folder), *(f"-D{k}={v}" for k, v in options.items())], cwd=ROOT, check=True)
    subprocess.run(["cmake", "--build", str(folder), "--target", "ermine_python"], cwd=ROOT, check=True)
    return folder / "python"


class CMakeBuild(build_ext):
    def build_extension(self, ext):
        if not (ROOT / "src" / "capi").is_dir() and "ERMINE_PYTHON_PREBUILT" not in os.environ:
            raise SystemExit("The package is built from Ermine's checkout: pip install ./bindings/python")
        made = pathlib.Path(os.environ.get("ERMINE_PYTHON_PREBUILT") or build())
        target = pathlib.Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made / f"_ermine{sysconfig.get_config_var('EXT_SUFFIX')}", target)
        shutil.copy2(made / "libermine.so.0", target.parent / "libermine.so.0")


class PlatformDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(ext_modules=[Extension("ermine._ermine", sources=[])], cmdclass={"build_ext": CMakeBuild}, distclass=PlatformDistribution)
