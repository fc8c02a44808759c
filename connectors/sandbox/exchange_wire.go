package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// exchangePrefix is where the admin API of Exchange Online lies.
const exchangePrefix = "/adminapi/"

// maxExchangeBatch is how many requests one $batch of the admin API may hold.
const maxExchangeBatch = 10

// exchangeWindow is the time in which RateLimit counts.
const exchangeWindow = 5 * time.Minute

// exchangeScopes are the scopes that lead to a token for Exchange Online, by cloud.
func exchangeScopes() []string {
	return []string{"https://outlook.office365.com/.default", "https://outlook.office.com/.default", "https://outlook.office365.us/.default",
		"https://outlook-dod.office365.us/.default", "https://partner.outlook.cn/.default", "00000002-0000-0ff1-ce00-000000000000/.default"}
}

// serveExchange answers everything below /adminapi/: {version}/{tenant}/{operation}.
func (t *Tenant) serveExchange(r *request, hr *http.Request) answer {
	r.exchange = true
	r.cost = cost{}
	t.followEntra()
	parts := strings.Split(strings.TrimPrefix(hr.URL.Path, exchangePrefix), "/")
	var a answer
	switch err := t.enterExchange(r, parts); {
	case err != nil:
		a = t.exchangeRefusal(r, err)
	case parts[2] == "$batch":
		return t.exchangeBatch(r, parts[0])
	default:
		return t.exchangeItem(r, parts[0], parts[2], hr.URL.Query().Get("$select"), hr.URL.Query().Get("$skiptoken"))
	}
	t.record(r, a)
	return a
}

// enterExchange checks the path, the token and how busy the tenant is.
func (t *Tenant) enterExchange(r *request, parts []string) error {
	if len(parts) != 3 || !t.known(parts[1]) {
		return &exchangeError{status: http.StatusNotFound, empty: true}
	}
	who, err := t.authenticateExchange(r)
	if err != nil {
		return err
	}
	r.caller = who
	if n := t.options.Exchange.Concurrency; n > 0 && t.inFlight.Load() > int64(n) {
		return tooConcurrent(http.StatusTooManyRequests)
	}
	return t.limitRate(r)
}

func (t *Tenant) limitRate(r *request) error {
	limit := t.options.Exchange.RateLimit
	if limit == 0 {
		limit = 30_000
	}
	b := t.bucket("exchange "+r.caller.app, limit, exchangeWindow)
	wait, ok := b.room(t.now(), 1)
	if ok || !t.options.Throttle {
		b.take(t.now(), 1)
		return nil
	}
	no := &exchangeError{status: http.StatusTooManyRequests, plain: "Too many requests. Please wait and try again."}
	no.header = [][2]string{{"Retry-After", retryAfter(wait, t.options.FractionalRetryAfter)}}
	return no
}

// authenticateExchange reads the bearer token: its audience must be Exchange Online.
func (t *Tenant) authenticateExchange(r *request) (*caller, error) {
	unauthorized := &exchangeError{status: http.StatusUnauthorized, empty: true, header: [][2]string{{"WWW-Authenticate",
		`Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", error="invalid_token"`}}}
	scheme, token, _ := strings.Cut(r.header.Get("Authorization"), " ")
	if token == "" || !strings.EqualFold(scheme, "Bearer") {
		return nil, unauthorized
	}
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key(), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(t.now), jwt.WithAudience(exchangeAudience))
	if err != nil || c.Tenant != t.options.ID {
		return nil, unauthorized
	}
	return &caller{app: c.AppID, roles: c.Roles, wids: c.WIDs}, nil
}

// exchangeItem carries out one authenticated request, alone or from a batch.
func (t *Tenant) exchangeItem(r *request, version, operation, selected, skip string) answer {
	a, err := t.exchangeOperation(r, version, operation, selected, skip)
	if err != nil {
		a = t.exchangeRefusal(r, err)
	}
	t.record(r, a)
	return a
}

func (t *Tenant) exchangeOperation(r *request, version, operation, selected, skip string) (answer, error) {
	r.route = &route{method: r.method, pattern: []string{operation}}
	switch {
	case version == "v1.0" && strings.EqualFold(operation, "EXOModuleFile") && r.method == http.MethodGet:
		return t.moduleFile(r)
	case version == "v1.0" && strings.EqualFold(operation, "InvokeCommand"), version != "v1.0" && r.method != http.MethodPost:
		return answer{}, &exchangeError{status: http.StatusMethodNotAllowed, empty: true}
	case version == "beta" && strings.EqualFold(operation, "InvokeCommand"):
		if err := mayInvoke(r.caller, "Exchange.ManageAsApp"); err != nil {
			return answer{}, err
		}
	case version == "v2.0" && adminAPI()[operation] != nil:
		if err := mayInvoke(r.caller, "Exchange.ManageAsAppV2"); err != nil {
			return answer{}, err
		}
	default:
		return answer{}, notModelled("%s %s", r.method, r.path)
	}
	c, err := readInvocation(r)
	if err != nil {
		return answer{}, err
	}
	if selected != "" {
		c.selected = strings.Split(selected, ",")
	}
	if c.after, err = readSkip(skip); err != nil {
		return answer{}, err
	}
	r.cmdlet = c.name
	r.route.pattern = []string{operation, c.name}
	if version == "v2.0" {
		if err := coveredByAdminAPI(operation, c); err != nil {
			return answer{}, err
		}
	}
	return t.invokeFaulty(c)
}

// invokeFaulty runs a cmdlet under the faults that match.
func (t *Tenant) invokeFaulty(c *invocation) (answer, error) {
	f := t.fault(c.request)
	if a, ok := f.before(t, c.request); ok {
		return a, nil
	}
	t.planLag(f)
	c.repeat = f != nil && f.Action == Repeat
	a, err := t.invoke(c)
	t.nextLag = nil
	if err != nil {
		a = t.exchangeRefusal(c.request, err)
	}
	return f.after(t, c.request, a), nil
}

// mayInvoke checks the application permission; without it there is no telling from a token that is not valid.
func mayInvoke(who *caller, permission string) error {
	if !who.has(permission) {
		return &exchangeError{status: http.StatusUnauthorized, empty: true}
	}
	if who.exchangeRole() == noRole {
		return &exchangeError{status: http.StatusForbidden, plain: fmt.Sprintf("The role assigned to application %s isn't supported in this scenario. "+
			"Please check online documentation for assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication.", who.app)}
	}
	return nil
}

// readInvocation reads {"CmdletInput":{"CmdletName":…,"Parameters":{…}}}.
func readInvocation(r *request) (*invocation, error) {
	var body struct {
		Input *struct {
			Name       string                     `json:"CmdletName"`
			Parameters map[string]json.RawMessage `json:"Parameters"`
		} `json:"CmdletInput"`
	}
	if err := json.Unmarshal(r.body, &body); err != nil || body.Input == nil || body.Input.Name == "" {
		return nil, &exchangeError{status: http.StatusBadRequest, code: "BadRequest", text: "The request body is not a valid CmdletInput."}
	}
	return &invocation{request: r, name: body.Input.Name, raw: body.Input.Parameters}, nil
}

func readSkip(token string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", &exchangeError{status: http.StatusBadRequest, code: "BadRequest", text: "The skip token is not valid."}
	}
	return string(b), nil
}

// exchangePageSize gives what Prefer asks for, 1,000 at most.
func (r *request) exchangePageSize() int {
	for _, v := range r.header.Values("Prefer") {
		for p := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == ',' || c == ';' }) {
			if n, ok := strings.CutPrefix(strings.TrimSpace(p), "odata.maxpagesize="); ok {
				if size, err := strconv.Atoi(n); err == nil && size > 0 {
					return min(size, 1000)
				}
			}
		}
	}
	return 1000
}

// moduleFile answers the module's first call: which cmdlets the caller may run.
func (t *Tenant) moduleFile(r *request) (answer, error) {
	if err := mayInvoke(r.caller, "Exchange.ManageAsApp"); err != nil {
		return answer{}, err
	}
	var names []string
	for _, c := range t.cmdlets {
		if r.caller.exchangeRole().may(c) {
			names = append(names, c.name)
		}
	}
	slices.Sort(names)
	b := appendQuoted([]byte(`{"@odata.context":`), r.base+"/adminapi/v1.0/"+t.options.ID+"/$metadata#EXOModuleFile")
	b = appendQuoted(append(b, `,"value":[{"version":"3.9.2","exportedCmdlets":`...), strings.Join(names, ","))
	return answer{status: http.StatusOK, body: append(b, "}]}"...)}, nil
}

// exchangeBatch answers $batch: up to ten requests with absolute addresses. They run in order and answer in order.
func (t *Tenant) exchangeBatch(r *request, version string) answer {
	r.isBatch = true
	r.route = &route{method: r.method, pattern: []string{"$batch"}}
	f := t.fault(r)
	a, struck := f.before(t, r)
	if !struck {
		items, err := readExchangeBatch(r, version)
		if err != nil {
			a = t.exchangeRefusal(r, err)
		} else {
			a = f.after(t, r, t.runExchangeBatch(r, items))
		}
	}
	t.record(r, a)
	return a
}

func readExchangeBatch(r *request, version string) ([]batchItem, error) {
	var body struct {
		Requests []batchItem `json:"requests"`
	}
	wrong := func(text string) error {
		return &exchangeError{status: http.StatusBadRequest, code: "BadRequest", text: text}
	}
	if version != "beta" || r.method != http.MethodPost {
		return nil, &exchangeError{status: http.StatusMethodNotAllowed, empty: true}
	}
	if json.Unmarshal(r.body, &body) != nil || len(body.Requests) == 0 {
		return nil, wrong("The batch request is not valid.")
	}
	if len(body.Requests) > maxExchangeBatch {
		return nil, wrong(fmt.Sprintf("The batch request contains %d requests; the maximum is %d.", len(body.Requests), maxExchangeBatch))
	}
	seen := map[string]bool{}
	for _, it := range body.Requests {
		if it.ID == "" || seen[it.ID] {
			return nil, wrong("The id '" + it.ID + "' is missing or stands twice in the batch.")
		}
		if seen[it.ID] = true; !strings.Contains(it.URL, "://") {
			return nil, wrong("The url of request '" + it.ID + "' is not absolute.")
		}
	}
	return body.Requests, nil
}

func (t *Tenant) runExchangeBatch(r *request, items []batchItem) answer {
	out := answer{status: http.StatusOK}
	b := []byte(`{"responses":[`)
	for _, it := range items {
		t.followEntra()
		a, in := t.runExchangeItem(r, it)
		switch a.mangle {
		case lost:
			continue
		case truncated:
			out.mangle = truncated
		case reset, resetAtOnce:
			out.mangle = reset
		}
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		b = appendQuoted(append(b, `{"id":`...), it.ID)
		b = append(b, `,"status":`+itoa(a.status)+`,"headers":`...)
		flat := map[string]string{}
		for k := range t.exchangeHeaders(in, a) {
			flat[k] = t.exchangeHeaders(in, a).Get(k)
		}
		h, err := json.Marshal(flat)
		if err != nil { // strings always marshal
			panic(err)
		}
		b = append(append(b, h...), `,"body":`...)
		switch {
		case len(a.body) == 0:
			b = append(b, "null"...)
		case a.plain != "":
			b = appendQuoted(b, string(a.body))
		default:
			b = append(b, a.body...)
		}
		b = append(b, '}')
	}
	out.body = append(b, "]}"...)
	return out
}

func (t *Tenant) runExchangeItem(r *request, it batchItem) (answer, *request) {
	_, rest, _ := strings.Cut(it.URL, "://")
	_, path, _ := strings.Cut(rest, "/")
	path, query, _ := strings.Cut(path, "?")
	in := &request{method: strings.ToUpper(it.Method), path: "/" + path, header: http.Header{}, body: it.Body, base: r.base,
		caller: r.caller, batch: r.id, exchange: true}
	for k, v := range it.Headers {
		in.header.Set(k, v)
	}
	t.identify(in)
	parts := strings.Split(strings.TrimPrefix(in.path, exchangePrefix), "/")
	if len(parts) != 3 || parts[0] != "beta" || !t.known(parts[1]) || !strings.EqualFold(parts[2], "InvokeCommand") {
		a := t.exchangeRefusal(in, &exchangeError{status: http.StatusBadRequest, code: "BadRequest", text: "The url of request '" + it.ID + "' is not valid."})
		t.record(in, a)
		return a, in
	}
	q := map[string]string{}
	for p := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(p, "=")
		q[k] = v
	}
	return t.exchangeItem(in, parts[0], parts[2], q["$select"], q["$skiptoken"]), in
}

// exchangeHeaders gives every header of an answer of Exchange Online.
func (t *Tenant) exchangeHeaders(r *request, a answer) http.Header {
	h := http.Header{}
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Request-Id", r.id)
	h.Set("Client-Request-Id", r.clientID)
	h.Set("X-CalculatedBETarget", "db8pr10a05dc001.eurpr10a005.prod.outlook.com")
	h.Set("Date", t.now().UTC().Format(http.TimeFormat))
	limit := t.options.Exchange.RateLimit
	if limit == 0 {
		limit = 30_000
	}
	used := 0
	if r.caller != nil {
		if b := t.buckets["exchange "+r.caller.app]; b != nil {
			used = b.total
		}
	}
	h.Set("Rate-Limit-Limit", itoa(limit))
	h.Set("Rate-Limit-Remaining", itoa(max(limit-used, 0)))
	h.Set("Rate-Limit-Reset", t.now().Add(exchangeWindow).UTC().Format(time.RFC3339))
	if len(a.body) > 0 {
		h.Set("Content-Type", "application/json; odata.metadata=minimal; odata.streaming=true")
		h.Set("OData-Version", "4.0")
		if a.plain != "" {
			h.Set("Content-Type", a.plain)
			h.Del("OData-Version")
		}
	}
	if strings.Contains(r.header.Get("Prefer"), "odata.maxpagesize") && a.status == http.StatusOK {
		h.Set("Preference-Applied", "odata.maxpagesize="+itoa(r.exchangePageSize()))
	}
	for _, p := range a.header {
		h.Set(p[0], p[1])
	}
	return h
}

// exchangeError is a refusal of Exchange Online.
type exchangeError struct {
	status    int
	code      string // NotFound, BadRequest …; of the envelope
	id        string // such as Ex6F9304, "" when the service names none
	exception string // without its namespace, "" for errors outside a cmdlet
	text      string
	empty     bool   // no body
	plain     string // the body, when it is plain text
	header    [][2]string
}

// Error gives the exception and the text.
func (e *exchangeError) Error() string { return e.exception + ": " + e.text + e.plain }

// tooConcurrent is the plain-text refusal of too many requests at a time.
func tooConcurrent(status int) *exchangeError {
	return &exchangeError{status: status, code: "TooManyConcurrentRequests",
		plain: "You have reached the maximum number of concurrent requests per tenant. Please wait and try again"}
}

// namespaces of the exceptions, where it is not the usual one.
func exceptionNamespaces() map[string]string {
	return map[string]string{
		"ManagementObjectNotFoundException": "Microsoft.Exchange.Configuration.Tasks.", "ManagementObjectAmbiguousException": "Microsoft.Exchange.Configuration.Tasks.",
		"ADObjectAlreadyExistsException": "Microsoft.Exchange.Data.Directory.", "ProxyAddressExistsException": "Microsoft.Exchange.Data.Directory.",
		"ParameterBindingException": "System.Management.Automation.", "ParameterBindingArgumentTransformationException": "System.Management.Automation.",
		"InvalidOperationException": "System.",
	}
}

// exchangeRefusal writes the error envelope. What only the rehearsal tenant says keeps its own form.
func (t *Tenant) exchangeRefusal(r *request, err error) answer {
	var no *exchangeError
	var graph *refusal
	switch {
	case errors.As(err, &no):
	case errors.As(err, &graph):
		no = scripted(graph)
	default:
		no = &exchangeError{status: http.StatusInternalServerError, code: "InternalServerError", text: err.Error()}
	}
	a := answer{status: no.status, header: slices.Clone(no.header), code: no.exception}
	if a.code == "" {
		a.code = no.code
	}
	switch {
	case no.empty:
		return a
	case no.plain != "":
		a.plain, a.body = "text/plain", []byte(no.plain)
		return a
	}
	message := no.text
	full := no.exception
	if full != "" {
		space := exceptionNamespaces()[no.exception]
		if space == "" {
			space = "Microsoft.Exchange.Management.Tasks."
		}
		full = space + no.exception
		message = "Error executing cmdlet"
		a.header = append(a.header, [2]string{"x-ExceptionType", full}, [2]string{"X-ExceptionTargetType", "Microsoft.Exchange.Configuration.Tasks.Task"})
	}
	b := appendQuoted([]byte(`{"error":{"code":`), no.code)
	b = appendQuoted(append(b, `,"message":`...), message)
	if full != "" {
		b = appendQuoted(append(b, `,"details":[{"code":"Client","target":"","message":`...), no.id+"|"+full+"|"+no.text)
		b = append(b, `}],"innererror":{"message":"Error executing cmdlet","type":"Microsoft.Exchange.Admin.OData.Core.ODataServiceException","stacktrace":"",`+
			`"internalexception":{"message":"Exception of type 'Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException' was thrown.",`+
			`"type":"Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException","stacktrace":""}}`...)
	}
	a.body = append(b, `},"adminapi.warnings@odata.type":"#Collection(String)","@adminapi.warnings":[]}`...)
	return a
}

// transientTexts are what the service says with the exceptions that pass by themselves.
func transientTexts() map[string]string {
	return map[string]string{
		"UnableToWriteToAadException": "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and Exchange Online. However, it failed. " +
			"Detailed error message: \tRequest_BadRequest DualWrite (Graph) RequestId: 5f1c7b5e-1d36-4b7e-9d4b-2f4c1f0a9f10\nThe issue may be transient and please retry a couple of minutes later. " +
			"If issue persists, please see exception members for more information.",
		"ServerBusyException":            "The server is too busy to process the request. Please try again later.",
		"TransientException":             "A transient error occurred. Please try again later.",
		"BackendCommunicationException":  "Communication with the backend server failed.",
		"CmdletProxyNotAvailableFailure": "The cmdlet proxy is not available. Please try again later.",
	}
}

// scripted gives the form that Exchange Online gives a refusal that a fault asked for, or that belongs to the tenant's
// doors. The code TooManyConcurrentRequests is the plain text of too many requests at a time; codes that are exceptions
// come as those.
func scripted(g *refusal) *exchangeError {
	no := &exchangeError{status: g.status, code: g.code, text: g.message, header: g.header}
	switch {
	case g.code == "TooManyConcurrentRequests":
		no.plain = tooConcurrent(g.status).plain
	case transientTexts()[g.code] != "":
		no.code, no.exception = statusCode(g.status), g.code
		if no.text == "" {
			no.text = transientTexts()[g.code]
		}
	case strings.HasSuffix(g.code, "Exception"):
		no.code, no.exception = statusCode(g.status), g.code
	case g.status == http.StatusUnauthorized:
		no.empty = true
	}
	return no
}

func statusCode(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }
