// Package validate says what in a directory the cloud would refuse, repair or quarantine, before anything is written:
// for each object which check fails, why, whom it collides with, and how to mend it. It takes the place of Microsoft's
// IdFix, which is no longer supported, without its defects, and looks at the tenant, the decisions and what else is known
// as well where these are supplied. It is pure: the same facts give the same findings in the same order.
//
// Words: a Check is one row of the table of what is looked for; docs/checks has a page for each. A Finding is one object
// failing one check. A Fact is something beside the snapshot that a check needs; a check whose fact was not supplied is
// listed as not evaluated, never passed in silence. A Fix is a value that would pass and that nothing else holds.
//
// Directories are read twice: first to learn which objects come along and what they hold that must be unique, then to
// check one object after the other, in anchor order. Beside the snapshot, memory grows by 100 to 200 bytes an object.
package validate
