package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// answer is what the tenant says to one request, on the wire or inside a batch.
type answer struct {
	status int
	header [][2]string
	body   []byte // JSON, or nothing
	plain  string // content type of a body that is not JSON
	code   string // of a refusal, for the log
	fault  string // the action that made it, for the log
	mangle mangling
	delay  time.Duration // before it is sent
}

// detail is one entry of an error's details.
type detail struct{ code, message, target string }

// refusal is a request that changed nothing, as Graph's error envelope says it.
type refusal struct {
	status  int
	code    string
	message string
	details []detail
	header  [][2]string
}

// Error gives the code and the message.
func (r *refusal) Error() string { return r.code + ": " + r.message }

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// badRequest is 400 Request_BadRequest, Graph's answer to nearly everything that it does not like.
func badRequest(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, "Request_BadRequest", format, args...)
}

func unsupportedQuery(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, "Request_UnsupportedQuery", format, args...)
}

// invalidValue refuses a value of a property.
func invalidValue(resource, property string) *refusal {
	r := badRequest("Invalid value specified for property '%s' of resource '%s'.", property, resource)
	r.details = []detail{{"InvalidValue", r.message, property}}
	return r
}

// conflict refuses a value that another object holds and names that object.
func conflict(property string, holder *object) *refusal {
	r := badRequest("Another object with the same value for property %s already exists.", property)
	r.details = []detail{{"ObjectConflict", r.message, property}, {"ConflictingObjects", r.message, holder.schema.resource + "_" + holder.id}}
	return r
}

func notFound(id string) *refusal {
	return refuse(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

func denied() *refusal {
	return refuse(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

// mastered refuses a write to what on-premises masters.
func mastered() *refusal {
	return badRequest("Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.")
}

// external refuses a write to what Exchange masters.
func external() *refusal {
	return badRequest("Unable to update the specified properties for objects that have originated within an external service.")
}

// exchangeOnly refuses a write to a group that only Exchange Online may change.
func exchangeOnly() *refusal {
	return badRequest("Cannot Update a mail-enabled security groups and or distribution list.")
}

// notModelled says that the rehearsal tenant has a gap, in words that cannot be taken for Graph's.
func notModelled(format string, args ...any) *refusal {
	return refuse(http.StatusNotImplemented, "SandboxNotModelled", "the rehearsal tenant does not model "+format, args...)
}

// answerOf turns the error of an operation into its answer.
func (t *Tenant) answerOf(r *request, err error) answer {
	if r.exchange {
		return t.exchangeRefusal(r, err)
	}
	var no *refusal
	if !errors.As(err, &no) {
		no = refuse(http.StatusInternalServerError, "Service_InternalServerError", "%s", err)
	}
	b := append([]byte(`{"error":{"code":`), quote(no.code)...)
	b = appendQuoted(append(b, `,"message":`...), no.message)
	if len(no.details) > 0 {
		b = append(b, `,"details":[`...)
		for i, d := range no.details {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendQuoted(append(b, `{"code":`...), d.code)
			b = appendQuoted(append(b, `,"message":`...), d.message)
			b = appendQuoted(append(b, `,"target":`...), d.target)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	b = append(b, t.inner(r, no.status)...)
	return answer{status: no.status, code: no.code, header: no.header, body: append(b, "}}"...)}
}

// inner writes the innerError of an envelope; its date has no zone. A throttled request has a form of its own.
func (t *Tenant) inner(r *request, status int) []byte {
	b := []byte(`,"innerError":{`)
	if status == http.StatusTooManyRequests {
		b = append(b, `"code":"429","message":"Please retry after","status":"429",`...)
	}
	b = appendQuoted(append(b, `"date":`...), t.now().UTC().Format("2006-01-02T15:04:05"))
	b = appendQuoted(append(b, `,"request-id":`...), r.id)
	b = appendQuoted(append(b, `,"client-request-id":`...), r.clientID)
	return append(b, '}')
}

// noContent is the answer to most writes.
func noContent() answer { return answer{status: http.StatusNoContent} }

// jsonType is the content type of Graph's answers.
const jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

// headers gives every header of the answer, those of the envelope included.
func (t *Tenant) headers(r *request, a answer) http.Header {
	if r.exchange {
		return t.exchangeHeaders(r, a)
	}
	h := http.Header{}
	h.Set("Cache-Control", "no-cache")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("request-id", r.id)
	h.Set("client-request-id", r.clientID)
	h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"North Europe","Slice":"E","Ring":"4","ScaleUnit":"000","RoleInstance":"DU6PEPF0000350C"}}`)
	h.Set("Date", t.now().UTC().Format(http.TimeFormat))
	if r.cost.units > 0 {
		h.Set("x-ms-resource-unit", fmt.Sprint(r.cost.units))
	}
	if r.load >= warnFrom {
		h.Set("x-ms-throttle-limit-percentage", fmt.Sprintf("%.2f", r.load))
	}
	if len(a.body) > 0 {
		h.Set("Content-Type", jsonType)
		h.Set("OData-Version", "4.0")
		if a.plain != "" {
			h.Set("Content-Type", a.plain)
			h.Del("OData-Version")
		}
	}
	for _, p := range a.header {
		h.Set(p[0], p[1])
	}
	return h
}

// retryAfter writes a delay in whole seconds, rounded up, or with its fraction.
func retryAfter(d time.Duration, fraction bool) string {
	if fraction {
		return fmt.Sprintf("%.3f", d.Seconds())
	}
	return fmt.Sprint(int64((d + time.Second - 1) / time.Second))
}
