# Every target with a help text is meant to be run by hand; `make help` lists them.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS  := -X main.version=$(VERSION)

# What the tests use beside Go: a Samba Active Directory domain controller.
DEBIAN_PACKAGES := samba samba-dsdb-modules samba-ad-provision ldb-tools openssl

# Packages where several goroutines meet; the race detector is too slow to build and run for the rest.
CONCURRENT := ./engine ./engine/apply/... ./engine/store/... ./engine/plan ./connectors/... ./rules ./rules/verify

# Tests with a long form: kills at every point and in recovery, races, fencing, refused objects, cycles; and random plans.
SOAK := TestKilledAtEveryPoint|TestCompetingProcesses|TestTwoProcessesStartAtOnce|TestStoppedHolderIsFenced|TestKilledWhileRecovering|TestObjectsThatAreRefusedForGood|TestCycles

.DEFAULT_GOAL := all
.PHONY: module pester tour all help setup build demo test race soak bench fuzz lint fmt vet layers windows clean

all: build lint test ## build, lint and test

help: ## list the targets, with what can be set
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-9s %s\n", $$1, $$2 }' Makefile

setup: ## install what the tests use beside Go, where root may
	@if command -v samba samba-tool ldbmodify openssl >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "setup: installing $(DEBIAN_PACKAGES)" >&2; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y $(DEBIAN_PACKAGES); } >/dev/null || \
			echo "setup: apt-get could not install them; the tests against a real domain will be skipped" >&2; \
	else \
		echo "setup: no Samba here; the tests against a real domain will be skipped. As root: apt-get install --no-install-recommends $(DEBIAN_PACKAGES)" >&2; \
	fi

build: ## compile the command to bin/coexist
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/coexist ./cmd/coexist

demo: build ## plan and apply a sample company against a rehearsal tenant; DEMOFLAGS='--dir demo --serve'
	@bin/coexist demo $(DEMOFLAGS)

test: setup ## run all tests; TESTFLAGS=-short leaves the long ones out
	$(GO) test -timeout 20m $(TESTFLAGS) ./...

race: ## run the tests of concurrent packages under the race detector, in short
	$(GO) test -race -short -timeout 20m $(CONCURRENT)

soak: ## the long forms of the fault tests; half an hour on a disk, less with TMPDIR on a memory disk
	COEXIST_SOAK=1 $(GO) test -v -count=1 -timeout 120m -run '$(SOAK)' ./engine/apply
	COEXIST_SOAK=1 $(GO) test -v -count=1 -timeout 120m -run TestAnyPlanCutAnywhere ./engine/apply
	COEXIST_SOAK=1 $(GO) test -v -count=1 -timeout 30m -run TestNoWriteIsLostOrDoubledUnderAnyFault ./connectors/graph

bench: ## measure speed and memory; BENCHFLAGS=-count=6
	$(GO) test -run '^$$' -bench . -benchmem -timeout 30m $(BENCHFLAGS) ./...

fuzz: ## let each fuzz target search for a while; FUZZTIME=30s
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(or $(FUZZTIME),10s) $$p || exit 1; \
		done; \
	done

lint: vet layers ## check format, vet, staticcheck and who imports whom
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted; run make fmt:" $$unformatted >&2; exit 1; }
	$(GO) tool staticcheck ./...

fmt: ## format every file
	gofmt -w .

vet: ## vet for this system and for Windows
	$(GO) vet ./...
	GOOS=windows $(GO) vet ./...

layers: ## check that imports go to the left only
	$(GO) test ./internal/layers

module: ## build the PowerShell module with its executables in dist
	@mkdir -p dist
	$(GO) run ./ps-wrapper/pack -version '$(VERSION)' -out dist

pester: ## run the PowerShell module's own tests; COEXIST_PWSH names a PowerShell
	$(GO) test -count=1 -v -run 'TestPester|TestAnalyzer' ./ps-wrapper

tour: ## run docs/tour.md in PowerShell and print the session
	@mkdir -p dist; rm -f dist/tour.txt
	@COEXIST_TOUR_TRANSCRIPT='$(CURDIR)/dist/tour.txt' $(GO) test -count=1 -run TestTour ./ps-wrapper >dist/tour.log 2>&1 || { cat dist/tour.log; exit 1; }
	@if [ -f dist/tour.txt ]; then cat dist/tour.txt; else echo "tour: no PowerShell here; COEXIST_PWSH names one"; fi

windows: ## compile for Windows
	GOOS=windows $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/coexist.exe ./cmd/coexist

clean: ## remove what was built
	rm -rf bin dist
