package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/atomicfile"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

func snapshotCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "snapshot",
		Usage: "keep what the directories hold in a file, for work offline",
		Subcommands: []*cli.Command{
			{
				Name:        "save",
				Usage:       "read the directories and save what they hold",
				ArgsUsage:   "FILE",
				Description: "The file holds personal data: every attribute that the policies read.",
				Flags:       []cli.Flag{configFlag, outputFlag},
				Action:      func(x *cli.Context) error { return saveSnapshot(x, c) },
			},
			{
				Name:      "show",
				Usage:     "say what a snapshot holds, or show objects of it",
				ArgsUsage: "FILE",
				Flags:     []cli.Flag{outputFlag, &cli.StringSliceFlag{Name: "object", Usage: "show this `OBJECT`: DN, UPN, sAMAccountName or objectGUID; may be repeated"}},
				Action:    func(x *cli.Context) error { return showSnapshot(x, c) },
			},
		},
	}
}

func saveSnapshot(x *cli.Context, c *console) error {
	form, err := called(x, "FILE")
	if err != nil {
		return err
	}
	path := x.Args().First()
	if err := mayWrite(path, "FILE", "snapshot", holdsSnapshot); err != nil {
		return err
	}
	s, err := openFor(x, c)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.sources()
	if err != nil {
		return err
	}
	snap, err := s.read(x.Context, list, s.policies)
	if err != nil {
		return err
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := snap.Save(f); err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	c.progress.clear()
	if form {
		return writeJSON(c, "coexist.saved", "saved", map[string]any{"file": path, "objects": snap.Len()})
	}
	_, err = fmt.Fprintf(c.out, "%s saved in %s\n", counted(snap.Len(), "object", "objects"), report.Safe(path))
	return err
}

func showSnapshot(x *cli.Context, c *console) error {
	form, err := called(x, "FILE")
	if err != nil {
		return err
	}
	names := x.StringSlice("object")
	if err := named(names, nil); err != nil {
		return err
	}
	snap, err := loadSnapshot(x.Args().First())
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return summary(c, snap, form)
	}
	var objects []object
	for _, n := range names {
		i, err := selection.One(snap, n)
		if err != nil {
			return notFound(err)
		}
		objects = append(objects, objectOf(snap, i))
	}
	if form {
		return writeJSON(c, "coexist.objects", "objects", objects)
	}
	for _, o := range objects {
		o.print(c)
	}
	return nil
}

// notFound marks the error of something that is not there.
func notFound(err error) error {
	if errors.Is(err, selection.ErrNotFound) {
		return mark(errNotFound, err)
	}
	var problems strictyaml.Problems
	if errors.As(err, &problems) {
		return mark(errConfig, err)
	}
	return mark(errUsage, err)
}

// summary says what a snapshot holds.
func summary(c *console, snap *snapshot.Snapshot, json bool) error {
	kinds := map[string]int{}
	for i := range snap.Len() {
		kinds[snap.At(i).Kind.String()]++
	}
	if json {
		return writeJSON(c, "coexist.snapshot", "snapshot", map[string]any{"sources": snap.Sources(), "objects": kinds,
			"duplicateAnchors": len(snap.Duplicates()), "withoutAnchor": len(snap.Unusable())})
	}
	for _, src := range snap.Sources() {
		fmt.Fprintf(c.out, "source %s, domain %s, read %s\n", report.Safe(src.Name), report.Safe(src.Domain), src.TakenAt.UTC().Format("2006-01-02 15:04 UTC"))
		for _, sc := range src.Scopes {
			fmt.Fprintf(c.out, "  %d objects below %s\n", sc.Objects, report.Safe(sc.OU))
		}
		fmt.Fprintf(c.out, "  %d attributes, %d of them not in the schema\n", len(src.Attributes), len(src.MissingAttrs))
	}
	_, err := fmt.Fprintf(c.out, "%d users, %d contacts, %d groups; %d anchors claimed twice, %d objects without an anchor\n",
		kinds["user"], kinds["contact"], kinds["group"], len(snap.Duplicates()), len(snap.Unusable()))
	return err
}

// object is one object of a snapshot as it is shown.
type object struct {
	Kind       string              `json:"kind"`
	GUID       directory.GUID      `json:"objectGUID"`
	Anchor     directory.Anchor    `json:"anchor"`
	Attributes map[string][]string `json:"attributes"`
	order      []string
}

func objectOf(snap *snapshot.Snapshot, i int) object {
	o := snap.At(i)
	out := object{Kind: o.Kind.String(), GUID: o.GUID, Anchor: snap.Anchor(i), Attributes: map[string][]string{}}
	names := o.Schema().Names()
	for at, v := range o.All() {
		n := names[at.Attribute]
		if directory.SyntaxOf(n) == directory.Binary {
			v = fmt.Sprintf("%x", v)
		}
		if at.Index == 0 {
			out.order = append(out.order, n)
		}
		out.Attributes[n] = append(out.Attributes[n], v)
	}
	return out
}

func (o object) print(c *console) {
	fmt.Fprintf(c.out, "%s %s\n  anchor: %s\n", o.Kind, o.GUID, o.Anchor)
	for _, n := range o.order {
		for _, v := range o.Attributes[n] {
			fmt.Fprintf(c.out, "  %s: %s\n", report.Safe(n), report.Safe(v))
		}
	}
}
