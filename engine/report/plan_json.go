package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// PlanJSON writes the whole plan as one JSON document: formatVersion, kind "coexist.report.plan", the plan's digest, its
// manifest, and the arrays changes and skips. Changes and skips are written one by one, each on a line of its own, so that
// a plan of any size streams.
func PlanJSON(w io.Writer, p Planned) error {
	buf := bufio.NewWriter(w)
	if err := planJSON(buf, p); err != nil {
		return err
	}
	return buf.Flush()
}

func planJSON(buf *bufio.Writer, p Planned) error {
	manifest, err := json.Marshal(p.Manifest())
	if err != nil {
		return fmt.Errorf("write plan as JSON: %w", err)
	}
	fmt.Fprintf(buf, "{\"formatVersion\":%q,\"kind\":\"coexist.report.plan\",\"digest\":%q,\n\"manifest\":%s,\n\"changes\":[", FormatVersion, p.Digest(), manifest)
	if err := array(buf, p.Changes()); err != nil {
		return err
	}
	buf.WriteString("],\n\"skips\":[")
	if err := array(buf, p.Skips()); err != nil {
		return err
	}
	_, err = buf.WriteString("]}\n")
	return err
}

// SyncJSON writes a plan and the run that carried it out as one JSON document: formatVersion, kind "coexist.report.sync", the
// plan as PlanJSON and the run as RunJSON writes it, null when nothing was applied. tasks, of which there is one at most, says
// what came of delayed tasks that were due.
func SyncJSON(w io.Writer, p Planned, r *Performed, tasks ...Tasked) error {
	buf := bufio.NewWriter(w)
	fmt.Fprintf(buf, "{\"formatVersion\":%q,\"kind\":\"coexist.report.sync\",\n\"plan\":", FormatVersion)
	if err := planJSON(buf, p); err != nil {
		return err
	}
	buf.WriteString(",\"run\":")
	if r == nil {
		buf.WriteString("null")
	} else if err := runJSON(buf, *r); err != nil {
		return err
	}
	for _, t := range tasks {
		b, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("write tasks as JSON: %w", err)
		}
		fmt.Fprintf(buf, ",\n\"tasks\":%s", b)
	}
	buf.WriteString("}\n")
	return buf.Flush()
}

// array writes the elements of an array, one a line.
func array[T any](w *bufio.Writer, list iter.Seq2[T, error]) error {
	first := true
	for v, err := range list {
		if err != nil {
			return err
		}
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("write plan as JSON: %w", err)
		}
		if !first {
			w.WriteByte(',')
		}
		first = false
		w.WriteByte('\n')
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}
