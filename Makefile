# What a developer does with this checkout. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help build bundle size fmt lint run reset test soak bench bench-core bench-list bench-proxy bench-subscribers profile idle install

# Packages that are compiled for the browser; the servers and tools are not.
BROWSER := ./app/chat/... ./app/client/... ./app/directus ./app/markup ./app/rehearsal ./app/store/... ./app/texts ./app/ui/... ./app/uuid ./cmd/chat

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 26

build: bundle ## build web/dist, then ./chatd, one static binary with everything in it
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o chatd ./cmd/chatd

bundle: ## build web/dist: the browser program and all other assets, hashed and compressed
	go run ./web/bundle

size: bundle ## print what a visitor downloads; fails if it has grown by more than 3 % without a reason
	go run ./web/bundle -size

fmt: ## format the Go code
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

lint: ## formatting, go vet and staticcheck, natively and for the browser
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
		test -z "$$unformatted" || { echo "run make fmt; not formatted: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	GOOS=js GOARCH=wasm go vet $(BROWSER)
	GOOS=js GOARCH=wasm $$(go tool -n staticcheck) $(BROWSER)

run: build .build/directus-dev ## a real Directus with two demo users and the chat in front of it, until Ctrl-C
	@exec .build/directus-dev demo

reset: .build/directus-dev ## forget the conversation of make run
	@.build/directus-dev reset -name demo-12.4.0

.PHONY: .build/directus-dev
.build/directus-dev:
	@go build -o $@ ./cmd/directus-dev

# Packages whose tests need a real Directus or a browser; with -short these tests are left out.
REAL := ./app/directus/... ./app/client ./app/doctor ./app/provision ./app/store ./app/ui/stage ./app/e2e ./cmd/chatd ./cmd/directus-dev

# The packages for the browser are tested in Node, but for app/ui, which needs a page: app/ui/stage gives it one.
test: ## everything: lint, all tests, real Directus of both versions, two people in Chromium and in Firefox
	@.ci/step "Chromium and Firefox" app/e2e/browsers.sh
	@.ci/step "formatting, vet, staticcheck" $(MAKE) --no-print-directory lint
	@.ci/step "build" $(MAKE) --no-print-directory build
	@.ci/step "size of what is downloaded" go run ./web/bundle -size
	@.ci/step "unit and protocol tests, with the race detector" go test -race -short ./...
	@.ci/step "the browser's packages, compiled for it" env GOOS=js GOARCH=wasm \
		go test -exec="$$(go env GOROOT)/lib/wasm/go_js_wasm_exec" $(filter-out ./app/ui/...,$(BROWSER))
	@.ci/step "Directus, both versions" $(MAKE) --no-print-directory install
	@.ci/step "with a real Directus and a real browser" go test -p 1 -count=1 -timeout 30m $(REAL)

SOAK := 10m
soak: build install ## faults at random for ten minutes, or make soak SOAK=1h: prints what was injected and what was found
	go test -v -count=1 -timeout 0 -run '^TestSoak$$' ./app/e2e -soak $(SOAK)

# Takes a quarter of an hour, in which nothing else is to be done on the machine. RUNS=3 is a quick look.
RUNS := 9
bench: build ## start, log-in, sending and a burst, beside a chat in Preact and one in plain JavaScript: see Figures in README.md
	go test -run '^$$' -bench '^BenchmarkChats$$' -benchtime 1x -timeout 0 ./app/e2e -runs $(RUNS)

IDLE := 1h
idle: build install ## a page is left alone for an hour, or make idle IDLE=15m: prints what it computes, keeps, asks and is told
	go test -v -count=1 -timeout 0 -run '^TestIdle$$' ./app/e2e -idle $(IDLE)

# In Node, whose engine is Chromium's. Do nothing else on the machine meanwhile.
bench-core: ## what the core costs, natively and compiled for the browser: see Figures in README.md
	go test -run '^$$' -bench . ./app/chat
	GOOS=js GOARCH=wasm go test -exec="$$(go env GOROOT)/lib/wasm/go_js_wasm_exec" -run '^$$' -bench . ./app/chat ./app/directus

# Takes some minutes, in which nothing else is to be done on the machine.
bench-list: ## what the list costs in Chromium, beside a windowed list in Preact: see Figures in README.md
	go test -run '^$$' -bench '^BenchmarkList$$' -benchtime 1x -timeout 30m ./app/ui/stage

# Do nothing else on the machine meanwhile.
bench-proxy: build ## what a proxied socket costs in memory and time, chatd beside Debian's nginx
	@cmd/chatd/relay/bench/nginx.sh
	@go build -o .build/bench-proxy ./cmd/chatd/relay/bench
	.build/bench-proxy -chatd ./chatd

# Takes some minutes, in which nothing else is to be done on the machine.
bench-subscribers: install ## how long until the last of 300 subscribers has a message, beside the tutorials' query
	go test -run '^$$' -bench '^BenchmarkSubscribers$$' -benchtime 1x -timeout 30m ./cmd/chatd

# The size report is of what is deployed; the profiles are of the same interface with a conversation made up. Do nothing
# else on the machine meanwhile.
profile: ## CPU profiles of start, burst, append and scroll for DevTools, and the size by package, in .build/profile
	@mkdir -p .build/profile
	go test -run '^$$' -bench '^BenchmarkProfile$$' -benchtime 1x -timeout 10m ./app/ui/stage -profile $(CURDIR)/.build/profile
	go run ./web/bundle -size -packages | tee .build/profile/packages.txt

install: .build/directus-dev
	@.build/directus-dev install
