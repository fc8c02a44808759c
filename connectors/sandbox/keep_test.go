package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A process that is killed after a tick leaves what was changed before it.
func TestChangesAreKeptAtEachTick(t *testing.T) { synctest.Test(t, changesAreKept) }

func changesAreKept(t *testing.T) {
	r := newRig(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ticks, end := make(chan time.Time), make(chan error)
	var file string
	var failing error
	saves, troubles := 0, 0
	save := func() error {
		if saves++; failing == nil {
			file = saved(t, r.tenant)
		}
		return failing
	}
	go func() { end <- r.tenant.Keep(ctx, ticks, save, func(error) { troubles++ }) }()
	tick := func() {
		ticks <- time.Time{}
		synctest.Wait()
	}
	tick()
	r.do(200, "GET", "/v1.0/users", "")
	tick()
	same(t, "saves without a change", 0, saves)

	r.do(201, "POST", "/v1.0/users", newUser("ann", ""))
	tick()
	same(t, "saves after a change", 1, saves)
	killed := newRig(t, Options{Seed: 5})
	if err := killed.tenant.LoadState(strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	killed.renew()
	killed.do(200, "GET", "/v1.0/users/ann@contoso.example", "")

	failing = errors.New("no space left on device")
	r.do(201, "POST", "/v1.0/users", newUser("bob", ""))
	tick()
	same(t, "troubles", 1, troubles)
	failing = nil
	tick()
	same(t, "saves once there is space", 3, saves)
	if !strings.Contains(file, "bob@") {
		t.Error("what could not be saved at first was not saved later")
	}

	cancel()
	if err := <-end; err != nil {
		t.Fatal(err)
	}
	same(t, "saves at the end", 4, saves)
}
