package exchange

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// Command is one cmdlet with its parameters.
type Command struct {
	Cmdlet     string
	Parameters []Parameter
	// Select names the properties that are wanted of the answer; nil for all. Transports that cannot select ignore it.
	Select []string
}

// Parameter is one parameter of a command. Value is a string, a bool, an int64, a []string, an Edit, or nil to clear.
type Parameter struct {
	Name  string
	Value any
}

// Edit adds values to a multi-valued parameter and removes others, and leaves the rest as they are.
type Edit struct{ Add, Remove []string }

// Answer is what a command that was carried out gave back.
type Answer struct {
	Rows      []Row
	Warnings  []string
	RequestID string // of the request that carried it, "" when the service gave none
}

// Result is the outcome of one command of several.
type Result struct {
	Answer Answer
	Err    error
}

// Transport carries commands to Exchange Online. Every error is a *fault.Error.
type Transport interface {
	// Run carries out one command; rows come whole, whatever pages they came in.
	Run(ctx context.Context, c Command) (Answer, error)
	// RunAll carries out commands that do not depend on each other, in any order, and returns their outcomes in the order
	// given.
	RunAll(ctx context.Context, list []Command) []Result
}

// command makes a command of names and values in turn.
func command(cmdlet string, pairs ...any) Command {
	c := Command{Cmdlet: cmdlet}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.set(pairs[i].(string), pairs[i+1])
	}
	return c
}

// set adds a parameter or replaces its value.
func (c *Command) set(name string, value any) {
	for i := range c.Parameters {
		if c.Parameters[i].Name == name {
			c.Parameters[i].Value = value
			return
		}
	}
	c.Parameters = append(c.Parameters, Parameter{name, value})
}

// Get gives the value of a parameter, nil when it is not given.
func (c *Command) Get(name string) any {
	for _, p := range c.Parameters {
		if p.Name == name {
			return p.Value
		}
	}
	return nil
}

// Reads reports whether the cmdlet changes nothing.
func (c *Command) Reads() bool { return strings.HasPrefix(c.Cmdlet, "Get-") }

// makes reports whether the cmdlet makes an object, so that sending it twice could make two.
func (c *Command) makes() bool { return strings.HasPrefix(c.Cmdlet, "New-") }

// op names the command in errors: the cmdlet and the object, which is an id or a name that we gave.
func (c *Command) op() string {
	for _, n := range []string{"Identity", "Name"} {
		if s, ok := c.Get(n).(string); ok {
			return c.Cmdlet + " " + s
		}
	}
	return c.Cmdlet
}

// body writes the command as InvokeCommand takes it; the same command gives the same bytes.
func (c *Command) body() ([]byte, error) {
	parameters := make(map[string]any, len(c.Parameters)+1)
	for _, p := range c.Parameters {
		if e, ok := p.Value.(Edit); ok {
			parameters[p.Name] = e.table()
			continue
		}
		parameters[p.Name] = p.Value
	}
	return json.Marshal(map[string]any{"CmdletInput": map[string]any{"CmdletName": c.Cmdlet, "Parameters": parameters}})
}

// table writes the edit as the hash table that multi-valued parameters take.
func (e Edit) table() map[string]any {
	m := map[string]any{"@odata.type": "#Exchange.GenericHashTable"}
	if len(e.Add) > 0 {
		m["Add"] = e.Add
	}
	if len(e.Remove) > 0 {
		m["Remove"] = e.Remove
	}
	return m
}

// empty reports whether the edit changes nothing.
func (e Edit) empty() bool { return len(e.Add)+len(e.Remove) == 0 }

// edit gives what turns one set into another; values that differ in case alone are the same, except for the prefix of an
// address, which says whether it is the primary one.
func edit(before, after []string) Edit {
	var e Edit
	for _, s := range after {
		if !slices.ContainsFunc(before, func(x string) bool { return strings.EqualFold(x, s) }) {
			e.Add = append(e.Add, s)
		}
	}
	for _, s := range before {
		if !slices.ContainsFunc(after, func(x string) bool { return strings.EqualFold(x, s) }) {
			e.Remove = append(e.Remove, s)
		}
	}
	return e
}
