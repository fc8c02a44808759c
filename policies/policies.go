// Package policies holds the policies that coexist ships: those that a new installation begins with, and those of the
// sample company. They are content: YAML and CSV in the language of docs/policy-language.md, and no code.
package policies

import (
	"embed"
	"io/fs"
)

//go:embed default sample staged-migration
var files embed.FS

// Default gives the policies that a new installation begins with: the filters and the attribute flow that Microsoft
// documents for Entra Connect, with tables to fill in.
func Default() fs.FS { return folder("default") }

// Sample gives the policies of the sample company, which the demo applies.
func Sample() fs.FS { return folder("sample") }

// StagedMigration gives the policies for moving mailboxes from Exchange on premises batch by batch: the default ones, and
// what a migration adds to them.
func StagedMigration() fs.FS { return folder("staged-migration") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil { // only for a name that is no path
		panic(err)
	}
	return sub
}
