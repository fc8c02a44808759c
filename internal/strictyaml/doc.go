// Package strictyaml reads YAML the way a reviewer would: every mistake at once, each with file, line and column, and
// with the name that was probably meant.
//
// It accepts one UTF-8 document without anchors, aliases, merge keys and explicit tags, in which no key stands twice and
// no value is missing; only true and false are booleans. Line breaks may be CRLF, and a byte order mark is skipped.
//
// Parse reports what is wrong with the document as such. The caller then walks it: Value.Fields for mappings with known
// keys, Value.Each for mappings with free keys, Value.Items for lists, and Text, Bool, Int and others for scalars. Every
// step that meets something else than it expects notes a Problem in the document and gives a zero value, so that one walk
// finds all mistakes:
//
//	doc := strictyaml.Parse("coexist.yaml", b, 64<<10)
//	var c Config
//	doc.Root().Fields(map[string]func(strictyaml.Value){
//		"name":   func(v strictyaml.Value) { c.Name = v.Text() },
//		"writes": func(v strictyaml.Value) { c.Writes = v.Bool() },
//	}, "name")
//	problems := doc.Problems()
package strictyaml
