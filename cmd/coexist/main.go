// Command coexist keeps Microsoft 365 in step with Active Directory by policy: it reads directory and tenant, decides by
// reviewed policy files, writes a plan with its dry-run report, and carries out exactly that plan.
//
// There is one file for each command. Results go to standard output, everything else to standard error; exit.go says
// what the exit codes mean.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // Windows has no time zone database that Go can read
)

// version is set when the program is built.
var version = "devel"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out one command line and gives the exit code. The first interrupt ends the command in order, the second at
// once.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	return newConsole(in, out, errs).run(args)
}

func (c *console) run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	words, wired, err := wireWords(args)
	if wired && err == nil {
		return c.serveWire(ctx, words)
	}
	if err == nil {
		err = execute(ctx, c, args)
	}
	c.progress.clear()
	if err != nil {
		c.complain(err)
	}
	return exitCode(err)
}
