package layers

import (
	"slices"
	"strings"
)

const module = "github.com/coexistsync/coexist"

// rings orders the top folders: code imports itself and what stands to its left.
var rings = []string{"directory", "rules", "engine", "connectors", "cmd"}

// pure lists the packages of engine that know neither files nor tenants nor clocks; they see none of the others.
var pure = []string{"engine/connector", "engine/tenant", "engine/join", "engine/validate", "engine/desired", "engine/diff",
	"engine/plan", "engine/ledger", "engine/journal", "engine/task", "engine/secret"}

// connectorSees lists what a connector may use beside the vocabulary of directory.
var connectorSees = []string{"engine/connector", "engine/plan", "engine/secret"}

// silent lists the trees that do no I/O and read no clock: what they decide follows from what they are given.
var silent = []string{"rules", "engine/tenant", "engine/join", "engine/validate", "engine/desired", "engine/diff",
	"engine/ledger", "engine/journal", "engine/secret", "directory/cloud", "directory/fault", "directory/ldapvalue"}

// noisy lists the standard packages that silent packages must not import.
var noisy = []string{"os", "net", "net/http", "log", "log/slog", "database/sql", "os/exec", "math/rand", "math/rand/v2"}

// vague lists names that say nothing of the field.
var vague = []string{"util", "utils", "common", "helper", "helpers", "manager", "managers", "model", "models", "types", "misc", "base"}

// below reports whether path is tree or lies in it.
func below(path, tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") }

func belowAny(path string, trees []string) bool {
	return slices.ContainsFunc(trees, func(t string) bool { return below(path, t) })
}

func ring(path string) int {
	return slices.IndexFunc(rings, func(r string) bool { return below(path, r) })
}

// forbidden says why the package at from, a path below the module, must not import the package to, an import path; "" when
// it may.
func forbidden(from, to string) string {
	if below(to, "github.com/microsoftgraph") && !below(from, "connectors/graph") {
		return "only connectors/graph knows the Graph SDK"
	}
	if belowAny(from, silent) && slices.Contains(noisy, to) {
		return "does no I/O and has no state of its own"
	}
	if !below(to, module) {
		return ""
	}
	return forbiddenOurs(from, strings.TrimPrefix(to, module+"/"))
}

// forbiddenOurs is forbidden for two packages of the module.
func forbiddenOurs(from, to string) string {
	switch {
	case below(from, "cmd") || from == to:
		return ""
	case to == "engine/report":
		return "reports are made in cmd alone"
	case from == "directory":
		return "directory is the leaf vocabulary"
	case below(to, from):
		return ""
	case below(from, "internal"):
		if below(to, "directory") {
			return ""
		}
		return "internal is a leaf; of ours it may know directory alone"
	case below(to, "internal"):
		return ""
	case below(to, "policies") || below(from, "policies"):
		return "the shipped policies are content: only cmd knows them, and they know no code"
	case ring(to) > ring(from):
		return "imports go to the left only: " + strings.Join(rings, " <- ")
	case below(from, "connectors") && !below(to, "directory") && !slices.Contains(connectorSees, to):
		return "a connector sees directory, engine/connector, engine/plan and engine/secret"
	case slices.Contains(pure, from) && below(to, "engine") && !slices.Contains(pure, to):
		return "the pure packages of engine see only each other"
	}
	return ""
}
