package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/atomicfile"
)

// exchangeScriptFlag asks show for the Exchange Online part of a plan as PowerShell.
var exchangeScriptFlag = &cli.StringFlag{Name: "exchange-script",
	Usage: "of a plan: also write its Exchange Online part to this `FILE`, a script for the module ExchangeOnlineManagement"}

// exchangeScript writes the script for people to read, and to run where coexist may not.
func exchangeScript(c *console, f *plan.File, path string) error {
	out, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer out.Abort()
	written, left, err := exchange.WriteScript(out, "Exchange Online part of the coexist plan "+f.Digest(), f.Changes())
	if err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "wrote %d changes to %s", written, path)
	if left > 0 {
		fmt.Fprintf(c.err, "; left out %d that cannot be written without looking at the tenant, named in it", left)
	}
	fmt.Fprintln(c.err)
	return nil
}

// noScript is the answer for what is no plan file: runs hold no changes to write.
func noScript(name string) error {
	return mark(errNotFound, fmt.Errorf("%s is no plan file, and a script is written of a plan", name))
}
