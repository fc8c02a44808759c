package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
)

func storeCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "store",
		Usage: "the memory of what coexist owns and did",
		Subcommands: []*cli.Command{{
			Name: "backup", Usage: "copy the store to a new file, also while a run writes", ArgsUsage: "FILE",
			Description: "The copy is a store: to go back to it, put it in the place of the store while nothing runs. Without its store coexist\n" +
				"deletes and disables nothing any more, as it does not know what it made.",
			Flags: []cli.Flag{configFlag, outputFlag},
			Action: func(x *cli.Context) error {
				form, err := called(x, "FILE")
				if err != nil {
					return err
				}
				path := x.Args().First()
				if _, err := os.Lstat(path); err == nil {
					return usagef("%s is there already; name a new file", path)
				}
				if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
					return usagef("there is no folder %s; make it, or name another file", filepath.Dir(path))
				}
				return withStore(x, c, func(s *session) error {
					if err := s.store.Backup(x.Context, path); err != nil {
						return err
					}
					if form {
						return writeJSON(c, "coexist.backup", "file", path)
					}
					_, err := fmt.Fprintln(c.out, path)
					return err
				})
			},
		}},
	}
}
