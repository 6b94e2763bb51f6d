# Short commands for the CMake presets (CMakePresets.json): `make help` lists them.
# Each target first installs the Debian packages that it needs (tools/packages.txt) if any are missing.
.DEFAULT_GOAL := help
.PHONY: help run build test bench ci docs format reference install packages wheel clean
SHELL := /bin/sh

RELEASE := build/release
# The default of `make run`: counts the words of this project's README.
EXAMPLE := --dir . examples/wordcount/wordcount.wasm README.md
ARGS ?=
PREFIX ?= /usr/local

help:
	@echo 'make run                       build the release command and run an example program'
	@echo 'make run ARGS="app.wasm a b"   the same with your own program and its arguments'
	@echo 'make test                      build and run the tests; ARGS="-R name" picks some (as for ctest)'
	@echo 'make bench                     compare with other engines (docs/benchmarking.md); ARGS as for bench/run'
	@echo 'make build                     only the command: $(RELEASE)/bin/ermine'
	@echo 'make install PREFIX=/usr/local the command, its man page, the library, headers, CMake and pkg-config files'
	@echo 'make packages                  Debian packages of all that in $(RELEASE)/packages'
	@echo 'make wheel                     a wheel (manylinux) of the Python package, tested, in build/wheels'
	@echo 'make format                    clang-format on every source file'
	@echo 'make reference                 writes docs/reference/options.md, the man page and the completions from the option tables'
	@echo 'make docs                      the API reference and the guide as HTML, in build/docs'
	@echo 'make ci                        all checks that must pass before a change lands (.ci/run; takes long)'
	@echo 'make clean                     remove build/'
	@echo 'Other builds: cmake --preset debug|asan|tsan|minimal|fuzz, then cmake --build --preset the same.'

build: $(RELEASE)/build.ninja
	@tools/install_packages build
	@cmake --build --preset release --target ermine

run: build
	@if [ -n '$(ARGS)' ]; then exec $(RELEASE)/bin/ermine run $(ARGS); \
	else echo '$$ $(RELEASE)/bin/ermine run $(EXAMPLE)'; exec $(RELEASE)/bin/ermine run $(EXAMPLE); fi

test: $(RELEASE)/.with-tests
	@tools/install_packages build test
	@cmake --build --preset release
	@ctest --preset release $(ARGS)

bench: build
	@tools/install_packages bench
	@cmake --preset release -DERMINE_BUILD_BENCH=ON >/dev/null && cmake --build --preset release --target bench_drivers
	@bench/run $(ARGS)

install: build
	@cmake --build --preset release --target libermine libermine_shared
	@cmake --install $(RELEASE) --prefix '$(PREFIX)'

packages: build
	@tools/install_packages packages
	@cmake --build --preset release --target libermine libermine_shared
	@cpack --config $(RELEASE)/CPackConfig.cmake -B $(RELEASE)/packages

# For the python3 of the PATH.
wheel:
	@tools/install_packages build python
	@python3 tools/make_wheel.py

ci:
	@.ci/run

format:
	@tools/install_packages ci
	@git ls-files '*.h' '*.cc' '*.c' | xargs clang-format-19 -i

docs:
	@tools/install_packages docs
	@mkdir -p build && doxygen docs/Doxyfile && echo build/docs/index.html

reference: $(RELEASE)/.with-tests
	@cmake --build --preset release --target ermine_reference
	@$(RELEASE)/bin/ermine_reference docs

clean:
	rm -rf build

# At first without the tests, so that `make run` needs no test packages; `make test` switches them on.
$(RELEASE)/build.ninja:
	@tools/install_packages build
	@cmake --preset release -DERMINE_BUILD_TESTS=OFF

$(RELEASE)/.with-tests:
	@tools/install_packages build test
	@cmake --preset release -DERMINE_BUILD_TESTS=ON
	@touch $@
