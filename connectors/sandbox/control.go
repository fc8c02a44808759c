package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// compactJSON gives a value without the white space that an indented file has.
func compactJSON(v json.RawMessage) (string, error) {
	var b bytes.Buffer
	err := json.Compact(&b, v)
	return b.String(), err
}

// Control gives the control surface. It has no protection of its own: put it on a separate loopback listener.
//
//	GET    /_sim/state            the tenant as SaveState writes it
//	PUT    /_sim/state            replaces it
//	GET    /_sim/log              {"totals":…,"entries":[…]}
//	DELETE /_sim/log              forgets the requests so far
//	GET    /_sim/clock            {"now":…}
//	POST   /_sim/clock            {"advance":"1h"}
//	GET    /_sim/faults           the armed faults
//	POST   /_sim/faults           arms one
//	DELETE /_sim/faults           disarms all
func (t *Tenant) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sim/state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = t.SaveState(w) // the client has gone; nobody is left to tell
	})
	mux.HandleFunc("PUT /_sim/state", func(w http.ResponseWriter, r *http.Request) { done(w, t.LoadState(r.Body)) })
	mux.HandleFunc("GET /_sim/log", func(w http.ResponseWriter, _ *http.Request) {
		entries, totals := t.Log()
		writeJSON(w, http.StatusOK, map[string]any{"totals": totals, "entries": entries})
	})
	mux.HandleFunc("DELETE /_sim/log", func(w http.ResponseWriter, _ *http.Request) { t.ResetLog(); done(w, nil) })
	mux.HandleFunc("GET /_sim/clock", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]time.Time{"now": t.Now().UTC()})
	})
	mux.HandleFunc("POST /_sim/clock", func(w http.ResponseWriter, r *http.Request) { done(w, t.controlClock(r)) })
	mux.HandleFunc("GET /_sim/faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, t.Faults()) })
	mux.HandleFunc("POST /_sim/faults", func(w http.ResponseWriter, r *http.Request) { done(w, t.controlFault(r)) })
	mux.HandleFunc("DELETE /_sim/faults", func(w http.ResponseWriter, _ *http.Request) { t.ClearFaults(); done(w, nil) })
	return mux
}

func done(w http.ResponseWriter, err error) {
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (t *Tenant) controlClock(r *http.Request) error {
	var body struct {
		Advance string `json:"advance"`
	}
	if err := strict(r, &body); err != nil {
		return err
	}
	d, err := time.ParseDuration(body.Advance)
	if err != nil {
		return fmt.Errorf("advance the clock: %w", err)
	}
	t.AdvanceClock(d)
	return nil
}

func (t *Tenant) controlFault(r *http.Request) error {
	var f Fault
	if err := strict(r, &f); err != nil {
		return err
	}
	return t.AddFault(f)
}

func strict(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

// Faults gives the armed rules in order.
func (t *Tenant) Faults() []Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Fault, len(t.faults))
	for i, f := range t.faults {
		out[i] = f.Fault
	}
	return out
}
