package wire

import "time"

// Recorded is an object of a result. Its type name is what PowerShell knows it by, behind "Coexistence.".
type Recorded interface{ RecordType() string }

// Records gives one of each type of record, for schemas and for tests of the module.
func Records() []Recorded {
	return []Recorded{Engine{}, Plan{}, Change{}, Skip{}, SyncRun{}, RunChange{}, SyncValidation{}, SyncValidationSummary{}, TestResult{}, PolicyTestResult{},
		PolicyTestSummary{}, Policy{}, ReportLine{}, RunStep{}, ScheduleXML{}, Schedule{}, Credential{}, DelayedTask{}, TaskResult{}, Halt{}, SyncStatus{}, Approval{},
		MailboxDiagnosis{}, Decision{}, PolicyImpact{}, Diagnostic{}}
}

// Engine is the executable.
type Engine struct {
	Version  string `json:"version"`
	Path     string `json:"path"`
	Platform string `json:"platform"` // such as windows/amd64
	Go       string `json:"go"`       // version of the toolchain
	Expr     string `json:"expr"`     // version of the expression language
	WireMin  int    `json:"wireMin"`
	WireMax  int    `json:"wireMax"`
}

// Plan is the head of a plan file.
type Plan struct {
	Digest    string    `json:"digest"`
	Path      string    `json:"path"`
	State     string    `json:"state"` // Ready, GuardExceeded, Preview or Empty
	TenantID  string    `json:"tenantId"`
	Tenant    string    `json:"tenant"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"`
	Complete  bool      `json:"complete"` // false when restricted to some objects
	Selection string    `json:"selection"`
	Objects   int       `json:"objects"`
	Unchanged int       `json:"unchanged"`
	Changes   int       `json:"changes"`
	Added     int       `json:"added"`   // creates, adoptions and restores
	Updated   int       `json:"updated"` // updates, licences, references and memberships
	Deleted   int       `json:"deleted"` // deletes and disables
	Skipped   int       `json:"skipped"`
	Held      int       `json:"held"` // of the skipped: no decision could be made
	Guards    []Guard   `json:"guards"`
	Counts    []Count   `json:"counts"` // changes by action
	Skips     []Count   `json:"skips"`  // by reason
}

// Guard is a guard with its figures.
type Guard struct {
	Name       string  `json:"name"`
	Planned    int     `json:"planned"`
	Count      int     `json:"count"`
	Percent    float64 `json:"percent"`
	Population int     `json:"population"`
	Exceeded   bool    `json:"exceeded"`
}

// Count is how often something occurs.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Change is one change of a plan.
type Change struct {
	ChangeID   string      `json:"changeId"`
	PlanDigest string      `json:"planDigest"`
	Operation  string      `json:"operation"` // the plan's action
	Identity   string      `json:"identity"`
	Name       string      `json:"name"`
	ObjectType string      `json:"objectType"`
	ObjectID   string      `json:"objectId"`
	DN         string      `json:"distinguishedName"`
	Directory  string      `json:"directory"`
	Undo       string      `json:"undo"`
	Attributes []Attribute `json:"attributes"`
}

// Attribute is one property of a change. Values are shown as text; a list of several is one value each.
type Attribute struct {
	Name     string   `json:"name"`
	OldValue []string `json:"oldValue"`
	NewValue []string `json:"newValue"`
	Added    []string `json:"added"`
	Removed  []string `json:"removed"`
	Rule     string   `json:"rule"`
	Reason   string   `json:"reason"`
}

// Skip is something that a plan withholds.
type Skip struct {
	PlanDigest string `json:"planDigest"`
	Identity   string `json:"identity"`
	Name       string `json:"name"`
	ObjectType string `json:"objectType"`
	Reason     string `json:"reason"`
	Detail     string `json:"detail"`
	Property   string `json:"property"`
}

// SyncRun is the carrying out of a plan, or in mode WhatIf what it would have been.
type SyncRun struct {
	RunID      string     `json:"runId"`
	Mode       string     `json:"mode"`  // Apply or WhatIf
	State      string     `json:"state"` // Running, Succeeded, CompletedWithErrors, Interrupted, Stopped, StoppedGuardExceeded, Refused, Failed or NothingToDo
	Trigger    string     `json:"trigger"`
	PolicyType string     `json:"policyType"` // how the directories are read: Initial, which is in full; "" for what reads none, such as apply
	PlanDigest string     `json:"planDigest"`
	TenantID   string     `json:"tenantId"`
	StartedAt  *time.Time `json:"startedAt"`
	EndedAt    *time.Time `json:"endedAt"`
	DurationMs int64      `json:"durationMs"`
	Changes    int        `json:"changes"` // in the plan
	Added      *int       `json:"added"`   // of a rehearsal as in Plan, of a run what has its effect; null where it is not told
	Updated    *int       `json:"updated"`
	Deleted    *int       `json:"deleted"`
	Succeeded  int        `json:"succeeded"`
	Errors     int        `json:"errors"`  // reached and without their effect
	Skipped    int        `json:"skipped"` // withheld by the plan; 0 where the plan was not read
	Detail     string     `json:"detail"`
	User       string     `json:"user"`
	Computer   string     `json:"computer"`
	// Phase is what a run is at, "" while it never told; PercentComplete is -1 where it cannot be told.
	Phase           string `json:"phase"`
	PercentComplete int    `json:"percentComplete"`
	StopRequested   bool   `json:"stopRequested"`
	EngineVersion   string `json:"engineVersion"` // of the program that carried it out; "" of a run of a version that did not keep it
}

// RunChange is what became of one change of a run.
type RunChange struct {
	RunID     string    `json:"runId"`
	ChangeID  string    `json:"changeId"`
	Operation string    `json:"operation"`
	Name      string    `json:"name"`
	ObjectID  string    `json:"objectId"`
	Directory string    `json:"directory"`
	State     string    `json:"state"` // of journal.State
	Succeeded bool      `json:"succeeded"`
	Attempts  int       `json:"attempts"`
	Message   string    `json:"message"`
	RequestID string    `json:"requestId"`
	At        time.Time `json:"at"`
}

// SyncValidation is one object with what the checks found of it.
type SyncValidation struct {
	Identity          string            `json:"identity"`
	ObjectType        string            `json:"objectType"`
	DisplayName       string            `json:"displayName"`
	UserPrincipalName string            `json:"userPrincipalName"`
	DistinguishedName string            `json:"distinguishedName"`
	ObjectID          string            `json:"objectId"` // objectGUID
	ValidationStatus  string            `json:"validationStatus"`
	ErrorCount        int               `json:"errorCount"`
	WarningCount      int               `json:"warningCount"`
	Errors            []ValidationError `json:"errors"`
}

// ValidationError is one finding, in the words of MSOnline and of Microsoft Graph.
type ValidationError struct {
	Code                 string `json:"code"`     // the check, such as UPN-001
	Severity             string `json:"severity"` // Error, Warning or Information
	Category             string `json:"category"` // PropertyConflict, InvalidFormat, MissingAttribute, QuotaExceeded, PolicyBlocked or Other
	PropertyCausingError string `json:"propertyCausingError"`
	Value                string `json:"value"`
	ConflictingObject    string `json:"conflictingObject"`
	Message              string `json:"message"`
	RecommendedAction    string `json:"recommendedAction"`
	ProposedValue        string `json:"proposedValue"`
}

// SyncValidationSummary is what a validation comes to.
type SyncValidationSummary struct {
	Objects      int     `json:"objects"` // checked
	Healthy      int     `json:"healthy"`
	WithErrors   int     `json:"withErrors"`
	WithWarnings int     `json:"withWarnings"` // and no error
	Errors       int     `json:"errors"`
	Warnings     int     `json:"warnings"`
	Information  int     `json:"information"`
	Checks       []Count `json:"checks"`
	NotEvaluated []Count `json:"notEvaluated"` // checks that lack what they need, each once
}

// TestResult is the outcome of one check of configuration or connections, or a finding of an object.
type TestResult struct {
	Target            string `json:"target"`
	Name              string `json:"name"`
	Passed            bool   `json:"passed"`
	Severity          string `json:"severity"` // Error or Warning where it did not pass
	Message           string `json:"message"`
	RecommendedAction string `json:"recommendedAction"`
}

// PolicyTestResult is the outcome of one policy test.
type PolicyTestResult struct {
	Suite   string `json:"suite"`
	Case    string `json:"case"`
	Line    int    `json:"line"`
	Outcome string `json:"outcome"` // Passed, Failed, Error, Skipped or Todo
	Message string `json:"message"`
}

// PolicyTestSummary is what a run of policy tests comes to.
type PolicyTestSummary struct {
	Folder  string `json:"folder"`
	Passed  int    `json:"passed"`
	Failed  int    `json:"failed"`
	Skipped int    `json:"skipped"`
}

// Policy is one policy.
type Policy struct {
	Name        string   `json:"name"`
	File        string   `json:"file"`
	Owner       string   `json:"owner"`
	Description string   `json:"description"`
	Decisions   []string `json:"decisions"`
	Rules       int      `json:"rules"`
	Digest      string   `json:"digest"` // of all policies of the folder
}

// ReportLine is one line of a report as people read it.
type ReportLine struct {
	Text string `json:"text"`
}

// RunStep is all changes of one kind in one directory of a run.
type RunStep struct {
	RunID      string    `json:"runId"`
	StepNumber int       `json:"stepNumber"` // from 1
	Directory  string    `json:"directory"`
	Operation  string    `json:"operation"`
	Changes    int       `json:"changes"` // that were reached
	Succeeded  int       `json:"succeeded"`
	Errors     int       `json:"errors"`
	StartedAt  time.Time `json:"startedAt"` // of the first change that came to an end, and of the last
	EndedAt    time.Time `json:"endedAt"`
}

// Credential is what may be told of a secret in the store of credentials.
type Credential struct {
	Name     string    `json:"name"`
	Kind     string    `json:"kind"`     // password, clientSecret, passphrase or other
	UserName string    `json:"userName"` // account that it belongs to
	SetAt    time.Time `json:"setAt"`
}

// Schedule is a task of the Windows Task Scheduler as the module shows it; the engine makes none.
type Schedule struct {
	Name           string     `json:"name"`
	TaskPath       string     `json:"taskPath"`
	State          string     `json:"state"`
	Interval       string     `json:"interval"`
	User           string     `json:"user"`
	NextRunTime    *time.Time `json:"nextRunTime"`
	LastRunTime    *time.Time `json:"lastRunTime"`
	LastTaskResult int64      `json:"lastTaskResult"`
	Command        string     `json:"command"`
	Arguments      string     `json:"arguments"`
}

// ScheduleXML is a task of the Windows Task Scheduler.
type ScheduleXML struct {
	XML string `json:"xml"`
}

// RecordType implements Recorded.
func (Engine) RecordType() string { return "Engine" }

// RecordType implements Recorded.
func (Plan) RecordType() string { return "Plan" }

// RecordType implements Recorded.
func (Change) RecordType() string { return "Change" }

// RecordType implements Recorded.
func (Skip) RecordType() string { return "Skip" }

// RecordType implements Recorded.
func (SyncRun) RecordType() string { return "SyncRun" }

// RecordType implements Recorded.
func (RunChange) RecordType() string { return "RunChange" }

// RecordType implements Recorded.
func (SyncValidationSummary) RecordType() string { return "SyncValidationSummary" }

// RecordType implements Recorded.
func (TestResult) RecordType() string { return "TestResult" }

// RecordType implements Recorded.
func (PolicyTestResult) RecordType() string { return "PolicyTestResult" }

// RecordType implements Recorded.
func (PolicyTestSummary) RecordType() string { return "PolicyTestSummary" }

// RecordType implements Recorded.
func (Policy) RecordType() string { return "Policy" }

// RecordType implements Recorded.
func (ScheduleXML) RecordType() string { return "ScheduleXML" }

// RecordType implements Recorded.
func (ReportLine) RecordType() string { return "ReportLine" }

// RecordType implements Recorded.
func (RunStep) RecordType() string { return "RunStep" }

// RecordType implements Recorded.
func (Credential) RecordType() string { return "Credential" }

// RecordType implements Recorded.
func (Schedule) RecordType() string { return "Schedule" }

// RecordType implements Recorded.
func (SyncValidation) RecordType() string { return "SyncValidation" }
