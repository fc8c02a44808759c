// Package rules is the policy language: YAML files with expr-lang expressions are loaded with positions, checked, compiled,
// and evaluated for one object at a time into decisions. It is pure: it reads files only through the fs.FS it is given,
// looks at no clock but the instant it is given, and never makes output by ranging over a map.
//
// An error in an expression is never "false" and never "empty": it holds that decision of that object.
//
// What earlier runs carried out, and for how long a value has been wanted, comes in with the object (Prior); exceptions are
// policy files like others. Nothing is remembered here.
//
// Words: a Set is all policies of a tenant. A Policy decides for the objects its scope holds for. A Decision has a mode:
// first (the first true rule wins), collect (every true rule adds), merge (per key, the first true rule wins). Every
// decision has a default, so there is always a rule that decided. An Exception decides about one object for a time.
package rules
