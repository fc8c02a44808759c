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
//	PUT    /_sim/profile          faults by chance: {"seed":1,"percent":10}; {} ends them
//	PUT    /_sim/replication      how long the replicas take: {"read":"5s","list":"30s"}; {} for none
//	POST   /_sim/moves            moves mailboxes from on premises: the CSV of a migration batch, with a column EmailAddress
//	POST   /_sim/users            adds {"properties":{…},"roles":[…],…} past the rules for requests; answers {"id":…}
//	POST   /_sim/groups           likewise
//	POST   /_sim/contacts         likewise
//	PATCH  /_sim/objects/{id}     changes properties, read-only ones too: onPremisesProvisioningErrors and so on
//	DELETE /_sim/objects/{id}     deletes an object for good
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
	mux.HandleFunc("PUT /_sim/profile", func(w http.ResponseWriter, r *http.Request) { done(w, t.controlProfile(r)) })
	mux.HandleFunc("PUT /_sim/replication", func(w http.ResponseWriter, r *http.Request) { done(w, t.controlReplication(r)) })
	mux.HandleFunc("POST /_sim/moves", func(w http.ResponseWriter, r *http.Request) { done(w, t.MoveMailboxes(r.Body)) })
	mux.HandleFunc("POST /_sim/users", controlAdd(t.AddUser))
	mux.HandleFunc("POST /_sim/groups", controlAdd(t.AddGroup))
	mux.HandleFunc("POST /_sim/contacts", controlAdd(t.AddContact))
	mux.HandleFunc("PATCH /_sim/objects/{id}", func(w http.ResponseWriter, r *http.Request) {
		var p Properties
		err := strict(r, &p)
		if err == nil {
			err = t.SetProperties(r.PathValue("id"), p)
		}
		done(w, err)
	})
	mux.HandleFunc("DELETE /_sim/objects/{id}", func(w http.ResponseWriter, r *http.Request) { done(w, t.RemoveObject(r.PathValue("id"))) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer t.touched(r)
		mux.ServeHTTP(w, r)
	})
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

func (t *Tenant) controlProfile(r *http.Request) error {
	var p Profile
	if err := strict(r, &p); err != nil {
		return err
	}
	return t.SetProfile(p)
}

func (t *Tenant) controlReplication(r *http.Request) error {
	var body map[string]string
	if err := strict(r, &body); err != nil {
		return err
	}
	var out Replication
	known := map[string]*time.Duration{"read": &out.Read, "list": &out.List, "index": &out.Index, "location": &out.Location}
	for name, v := range body {
		d, err := time.ParseDuration(v)
		if err != nil || known[name] == nil {
			return fmt.Errorf("replication: %s %q: want read, list, index or location and a duration such as 30s", name, v)
		}
		*known[name] = d
	}
	t.SetReplication(out)
	return nil
}

// controlAdd adds an object.
func controlAdd(add func(Properties, Extra) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Properties                       Properties
			Roles, Eligible, Members, Owners []string
			ID, Manager                      string
			Licences                         []Licence
			CloudManaged                     bool
		}
		err := strict(r, &body)
		id := ""
		if err == nil {
			id, err = add(body.Properties, Extra{ID: body.ID, Licences: body.Licences, Roles: body.Roles, Eligible: body.Eligible,
				Manager: body.Manager, Members: body.Members, Owners: body.Owners, CloudManaged: body.CloudManaged})
		}
		if err != nil {
			done(w, err)
			return
		}
		writeJSON(w, http.StatusCreated, map[string]string{"id": id})
	}
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
