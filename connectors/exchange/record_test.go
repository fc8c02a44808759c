package exchange_test

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/directory/fault"
)

// recorder is a transport that keeps what it was given and answers every create with an id and every read with nothing.
type recorder struct {
	mu       sync.Mutex
	commands []exchange.Command
	answer   func(exchange.Command) (exchange.Answer, error)
}

func (r *recorder) Run(_ context.Context, c exchange.Command) (exchange.Answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands = append(r.commands, c)
	if r.answer != nil {
		return r.answer(c)
	}
	return standard(c)
}

func (r *recorder) RunAll(ctx context.Context, list []exchange.Command) []exchange.Result {
	out := make([]exchange.Result, len(list))
	for i, c := range list {
		out[i].Answer, out[i].Err = r.Run(ctx, c)
	}
	return out
}

const someone = "a0f9f36b-0000-4000-8000-000000000001"

// standard answers as though every object that is asked for were a room mailbox.
func standard(c exchange.Command) (exchange.Answer, error) {
	row := exchange.Row{"ExternalDirectoryObjectId": raw(someone), "Guid": raw("b0f9f36b-0000-4000-8000-000000000001"), "RecipientTypeDetails": raw("RoomMailbox")}
	switch {
	case c.Get("Filter") != nil:
		return exchange.Answer{}, nil
	case c.Reads() || c.Cmdlet[:4] == "New-":
		return exchange.Answer{Rows: []exchange.Row{row}}, nil
	}
	return exchange.Answer{}, nil
}

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // tests give what can be written
	}
	return b
}

var errGone = &fault.Error{Kind: fault.NotFound, Op: "test"}
