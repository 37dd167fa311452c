# `make run` shows curvature of a trained network, `make test` checks everything; each works alone on a fresh machine with Swift.

SWIFT ?= swift
DIGITS := docs/examples/digits
SWIFT_FILES := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Tests \
    docs/examples/training/Package.swift docs/examples/training/Sources
# Tests build with testability, the command without: a folder each, so that neither builds the other anew.
TEST_BUILD := .build_test

.PHONY: help run test deps build check format lint docs bench bench-counts record-bench-counts training fuzz clean

help:
	@echo "make run     curvature of the digits network, fused beside naive"
	@echo "make test    format, warnings as errors, all tests, the reference cases"
	@echo "make build   the command, as .build/release/curvature"
	@echo "make bench   fused against naive, against plain matrix products"
	@echo "make bench-counts    the benchmarks' predicted work against the counts on record"
	@echo "make training        a training loop with the curvature of every step"
	@echo "make fuzz    readers and language under libFuzzer, SECONDS=60 each"
	@echo "make docs    DocC archives of the library, in .build/documentation"
	@echo "make format  format the sources"

deps:
	@sh scripts/deps.sh

build: deps
	$(SWIFT) build -c release --product curvature

run: build
	.build/release/curvature eval loss 'gradient_norm = norm(gradient)' 'Hv = hessian @ v' 'Gv = ggn @ v' \
	    'mix = (2 * hessian - 0.5 * ggn + 0.1 * identity) @ v' \
	    --model $(DIGITS)/cnn.onnx --data $(DIGITS)/cnn_data.safetensors --vectors $(DIGITS)/cnn_vectors.safetensors \
	    --loss cross-entropy --explain --repeat 5
	@echo
	@echo "The combination alone costs what the Hessian's product costs:"
	.build/release/curvature eval 'mix = (2 * hessian - 0.5 * ggn + 0.1 * identity) @ v' \
	    --model $(DIGITS)/cnn.onnx --data $(DIGITS)/cnn_data.safetensors --vectors $(DIGITS)/cnn_vectors.safetensors \
	    --loss cross-entropy --explain --repeat 5

test: deps lint
	# One test at a time: some of them count allocations of the whole process.
	CURVATURE_STRICT=1 $(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path $(TEST_BUILD) --no-parallel

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES) \
	    --ignore-unparsable-files --configuration .swift-format

format:
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_FILES) --configuration .swift-format

check: test

docs: deps
	@SWIFT="$(SWIFT)" sh scripts/docs.sh

# The package of its own: a plan beside the same requests with nothing shared.
BENCHMARKS := $(SWIFT) run -c release --package-path Benchmarks Benchmarks

bench: deps
	$(BENCHMARKS) --json docs/benchmarks/results.json --svg docs/benchmarks/fused_vs_naive.svg

# `make test` compares them too. Nothing runs but the compiler: counts are functions of requests and shapes.
bench-counts: deps
	$(BENCHMARKS) --counts --expected Benchmarks/counts.json

record-bench-counts: deps
	$(BENCHMARKS) --counts > Benchmarks/counts.json.new
	mv Benchmarks/counts.json.new Benchmarks/counts.json

training: deps
	$(SWIFT) run -c release --package-path docs/examples/training Training $(DIGITS)/cnn_data.safetensors

# What goes in from outside, under libFuzzer and the address sanitizer: TARGETS of safetensors npy npz onnx graph requests plan.
SECONDS ?= 60
fuzz: deps
	@SWIFT="$(SWIFT)" sh scripts/fuzz.sh $(SECONDS) $(TARGETS)

clean:
	rm -rf .build $(TEST_BUILD) .build_fuzz Benchmarks/.build docs/examples/training/.build
