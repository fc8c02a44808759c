package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadRequest(t *testing.T) {
	cases := map[string]struct {
		in   string
		want error
	}{
		"a request":                         {`{"wire":1,"op":"plan"}` + "\n", nil},
		"without a line feed":               {`{"wire":1,"op":"policy.test"}`, nil},
		"behind a byte order mark":          {"\xef\xbb\xbf" + `{"wire":1,"op":"plan"}` + "\n", nil},
		"with fields of tomorrow":           {`{"wire":1,"op":"plan","tomorrow":{"a":[1]}}`, nil},
		"lists, numbers, truths and null":   {`{"wire":1,"op":"plan","params":{"object":["a","b"],"limit":5,"full":true,"out":null,"ou":[]}}`, nil},
		"nothing":                           {"", io.EOF},
		"an empty line":                     {"\n", ErrRequest},
		"no JSON":                           {"plan\n", ErrRequest},
		"a list":                            {"[]\n", ErrRequest},
		"two objects":                       {`{"wire":1,"op":"plan"}{"wire":1}` + "\n", ErrRequest},
		"another version":                   {`{"wire":2,"op":"plan"}`, ErrRequest},
		"an option for a command":           {`{"wire":1,"op":"--help"}`, ErrRequest},
		"no command":                        {`{"wire":1}`, ErrRequest},
		"an unknown mode":                   {`{"wire":1,"op":"plan","mode":"force"}`, ErrRequest},
		"a parameter that is no option":     {`{"wire":1,"op":"plan","params":{"out=x --allow":"y"}}`, ErrRequest},
		"a parameter that is a map":         {`{"wire":1,"op":"plan","params":{"out":{}}}`, ErrRequest},
		"a list in a list":                  {`{"wire":1,"op":"plan","params":{"out":[[]]}}`, ErrRequest},
		"not UTF-8":                         {"{\"wire\":1,\"op\":\"plan\",\"id\":\"\xff\"}", ErrRequest},
		"longer than a request may be":      {strings.Repeat(" ", MaxRequest) + `{"wire":1,"op":"plan"}`, ErrRequest},
		"negative speed":                    {`{"wire":1,"op":"plan","progressHz":-1}`, ErrRequest},
		"as long as a request may be":       {`{"wire":1,"op":"plan"}` + strings.Repeat(" ", MaxRequest-23) + "\n", nil},
		"a second line is left for cancels": {`{"wire":1,"op":"plan"}` + "\n" + `{"op":"cancel"}` + "\n", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ReadRequest(bufio.NewReaderSize(strings.NewReader(c.in), 64<<10))
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestRequestsKeepSecrets(t *testing.T) {
	q, err := DecodeRequest([]byte(`{"wire":1,"op":"credential.set","secret":"hunter2"}`))
	if err != nil || q.Secret.Reveal() != "hunter2" {
		t.Fatalf("%v, %q", err, q.Secret.Reveal())
	}
	if text := fmt.Sprintf("%v %+v %#v %s", q, *q, *q, q.Secret); strings.Contains(text, "hunter2") {
		t.Errorf("the secret is in %s", text)
	}
	if _, err := DecodeRequest([]byte(`{"wire":1,"op":"credential.set","secret":"hunter2",}`)); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestCancels(t *testing.T) {
	for line, want := range map[string]bool{`{"op":"cancel"}`: true, `{"op":"plan"}`: false, "": false, "cancel": false} {
		if got := Cancels([]byte(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func clock() func() time.Time {
	at := time.Date(2026, 11, 22, 4, 0, 0, 123456789, time.FixedZone("CET", 3600))
	return func() time.Time { at = at.Add(time.Second); return at }
}

func TestEncoder(t *testing.T) {
	var b bytes.Buffer
	e := NewEncoder(&b, clock())
	exit := 0
	record, err := Record(Policy{Name: "a <b> & \"c\": {", Decisions: []string{"mail:", `x":`}})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []Line{{Kind: KindHello, Wire: 1, Op: "policy.check"}, record, {Kind: KindResult, Status: OK, Exit: &exit}} {
		if err := e.Write(l); err != nil {
			t.Fatal(err)
		}
	}
	want := `{"k":"hello","seq":1,"t":"2026-11-22T03:00:02.123Z","wire":1,"op":"policy.check"}
{"k":"record","seq":2,"t":"2026-11-22T03:00:03.123Z","type":"Policy","v":1,"data":{"Name":"a <b> & \"c\": {","File":"","Owner":"","Description":"","Decisions":["mail:","x\":"],"Rules":0,"Digest":""}}
{"k":"result","seq":3,"t":"2026-11-22T03:00:04.123Z","status":"ok","exit":0}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if err := e.Write(Line{Kind: KindPing}); !errors.Is(err, ErrEnded) {
		t.Errorf("behind the result: %v", err)
	}
	if err := e.Ping(0); err != nil || b.String() != want {
		t.Errorf("a ping behind the result: %v", err)
	}
}

func TestEncoderLeavesNoGapForALineTooLong(t *testing.T) {
	var b bytes.Buffer
	e := NewEncoder(&b, clock())
	if err := e.Write(Line{Kind: KindLog, Message: strings.Repeat("x", MaxLine)}); !errors.Is(err, ErrTooLong) {
		t.Fatal(err)
	}
	if err := e.Write(Line{Kind: KindPing}); err != nil {
		t.Fatal(err)
	}
	if l, err := DecodeLine(b.Bytes()); err != nil || l.Seq != 1 {
		t.Errorf("line %d, %v", l.Seq, err)
	}
}

func TestPing(t *testing.T) {
	var b bytes.Buffer
	e := NewEncoder(&b, clock()) // each look at the clock is a second
	if err := e.Ping(5 * time.Second); err != nil || b.Len() > 0 {
		t.Fatalf("too early: %s, %v", b.String(), err)
	}
	if err := e.Ping(time.Second); err != nil || !strings.Contains(b.String(), `"ping"`) {
		t.Errorf("%s, %v", b.String(), err)
	}
}

func TestErrorCodesAreDistinct(t *testing.T) {
	codes, ids := map[string]bool{}, map[string]bool{}
	for _, c := range ErrorCodes() {
		if codes[c.Code] || ids[c.ID] || c.Meaning == "" {
			t.Errorf("%+v", c)
		}
		codes[c.Code], ids[c.ID] = true, true
	}
}

func TestRecordTypesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Records() {
		if seen[r.RecordType()] {
			t.Errorf("%s twice", r.RecordType())
		}
		seen[r.RecordType()] = true
	}
}

func TestSchemaHasEveryRecord(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	for _, r := range Records() {
		data, err := Data(r)
		var have map[string]any
		if err != nil || json.Unmarshal(data, &have) != nil {
			t.Fatal(err)
		}
		for name := range have {
			if _, ok := s.Defs[r.RecordType()].Properties[name]; !ok {
				t.Errorf("the schema of %s lacks %s", r.RecordType(), name)
			}
		}
	}
	if s.Defs["request"].Properties["op"] == nil || s.Defs["line"].Properties["k"] == nil {
		t.Error("the schema lacks requests or lines")
	}
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte(`{"wire":1,"op":"plan","mode":"apply","params":{"object":["a"],"limit":1e3}}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := DecodeRequest(b)
		if err != nil {
			return
		}
		for name, v := range q.Params {
			if _, err := Texts(v); err != nil {
				t.Errorf("parameter %s was let through: %v", name, err)
			}
		}
		if strings.ContainsAny(q.Op, " -\n") && strings.HasPrefix(q.Op, "-") {
			t.Errorf("op %q", q.Op)
		}
	})
}

func FuzzDecodeLine(f *testing.F) {
	f.Add([]byte(`{"k":"record","seq":2,"type":"Plan","v":1,"data":{"A":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := DecodeLine(b); err == nil && (l.Kind == "" || l.Seq < 1) {
			t.Errorf("%+v", l)
		}
	})
}

// FuzzRaise holds raised names against a decoder: values stay as they are, and every name begins in upper case.
func FuzzRaise(f *testing.F) {
	f.Add("name", `va"lue:`)
	f.Add(`"`, `\":`)
	f.Fuzz(func(t *testing.T, name, value string) {
		b, err := Marshal(map[string]any{"k" + name: value, "list": []string{value, name}})
		if err != nil {
			t.Skip()
		}
		var before map[string]any
		var after map[string]any
		if json.Unmarshal(b, &before) != nil || json.Unmarshal(raise(bytes.TrimSpace(b)), &after) != nil {
			t.Fatalf("%s became %s", b, raise(bytes.TrimSpace(b)))
		}
		for k, v := range before {
			if diff := cmp.Diff(v, after[raised(k)]); diff != "" {
				t.Errorf("%q: %s", k, diff)
			}
		}
	})
}
