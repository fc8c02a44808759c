package main

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"
)

func versionCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version, as --version does",
		Flags: []cli.Flag{outputFlag},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			if form {
				return writeJSON(c, "coexist.version", "version", map[string]string{"coexist": version, "expr": exprVersion(),
					"go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH})
			}
			_, err = fmt.Fprintf(c.out, "coexist %s (expr %s, %s, %s/%s)\n", version, exprVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
