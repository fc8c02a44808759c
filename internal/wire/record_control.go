package wire

import "time"

// DelayedTask is a change that waits for what it needs, such as a mailbox.
type DelayedTask struct {
	TaskID     string      `json:"taskId"`
	State      string      `json:"state"` // of task.State, the first letter raised: Waiting, Suspended, Running, Done, Failed, Cancelled or Expired
	Operation  string      `json:"operation"`
	Identity   string      `json:"identity"`
	Name       string      `json:"name"`
	ObjectType string      `json:"objectType"`
	ObjectID   string      `json:"objectId"`
	Directory  string      `json:"directory"`
	Attributes []Attribute `json:"attributes"`
	Reason     string      `json:"reason"` // what it waits for
	CreatedAt  time.Time   `json:"createdAt"`
	NextAt     time.Time   `json:"nextAt"` // not tried before
	DeadlineAt time.Time   `json:"deadlineAt"`
	EndedAt    *time.Time  `json:"endedAt"`
	Attempts   int         `json:"attempts"`
	Message    string      `json:"message"` // of the last attempt
	RequestID  string      `json:"requestId"`
	PlanDigest string      `json:"planDigest"`
	RunID      string      `json:"runId"` // that deferred it
}

// TaskResult is what carrying out delayed tasks came to.
type TaskResult struct {
	RunID     string        `json:"runId"` // "" when none was due
	State     string        `json:"state"` // as in SyncRun
	Done      int           `json:"done"`
	Waiting   int           `json:"waiting"` // tried, and still waiting
	Failed    int           `json:"failed"`  // ended without their effect
	StartedAt *time.Time    `json:"startedAt"`
	EndedAt   *time.Time    `json:"endedAt"`
	Tasks     []DelayedTask `json:"tasks"` // those that failed
}

// Halt is somebody's order that nothing is written to the tenant.
type Halt struct {
	Active   bool       `json:"active"`
	Reason   string     `json:"reason"`
	Since    time.Time  `json:"since"`
	User     string     `json:"user"`
	Computer string     `json:"computer"`
	LiftedAt *time.Time `json:"liftedAt"`
	LiftedBy string     `json:"liftedBy"`
}

// SyncStatus is how synchronisation stands, as the module puts it together from runs, halts and the Task Scheduler.
type SyncStatus struct {
	State                       string     `json:"state"` // Idle, Running or Suspended
	CurrentRunID                string     `json:"currentRunId"`
	Phase                       string     `json:"phase"`
	PercentComplete             int        `json:"percentComplete"` // -1 where it cannot be told
	LastRunID                   string     `json:"lastRunId"`
	LastRunState                string     `json:"lastRunState"`
	LastRunEndedAt              *time.Time `json:"lastRunEndedAt"`
	Suspended                   bool       `json:"suspended"`
	SuspendReason               string     `json:"suspendReason"`
	WaitingTasks                int        `json:"waitingTasks"`
	SyncCycleEnabled            *bool      `json:"syncCycleEnabled"` // null where there is no scheduled task
	NextSyncCycleStartTimeInUTC *time.Time `json:"nextSyncCycleStartTimeInUTC"`
}

// Approval is somebody's word that a plan may be applied.
type Approval struct {
	PlanDigest string    `json:"planDigest"`
	User       string    `json:"user"`
	Computer   string    `json:"computer"`
	Comment    string    `json:"comment"`
	Key        string    `json:"key"` // public key of a signature that came with it
	ApprovedAt time.Time `json:"approvedAt"`
}

// MailboxDiagnosis says where one object got stuck on its way to a mailbox.
type MailboxDiagnosis struct {
	Identity          string        `json:"identity"`
	ObjectType        string        `json:"objectType"`
	HasMailbox        bool          `json:"hasMailbox"`
	StuckAt           string        `json:"stuckAt"` // the first step that is broken; "" for none
	Message           string        `json:"message"`
	RecommendedAction string        `json:"recommendedAction"`
	Steps             []MailboxStep `json:"steps"`
	Ticket            []Detail      `json:"ticket"` // what a supporter asks for first
}

// MailboxStep is one step on that way.
type MailboxStep struct {
	Name              string   `json:"name"`
	Question          string   `json:"question"`
	Result            string   `json:"result"` // ok, broken, unknown or not needed
	Evidence          []string `json:"evidence"`
	RecommendedAction string   `json:"recommendedAction"`
	Commands          []string `json:"commands"` // to be typed by whoever decides so
}

// Detail is a named text.
type Detail struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Decision is what the policies decided about one object, and by which rule.
type Decision struct {
	Identity string   `json:"identity"`
	Decision string   `json:"decision"`
	Status   string   `json:"status"`
	Value    string   `json:"value"`  // of several the names, such as attributes
	Rules    []string `json:"rules"`  // that gave it
	File     string   `json:"file"`   // of the first of them
	Line     int      `json:"line"`   // likewise
	Reason   string   `json:"reason"` // why not, or what the rule says itself
	// NearestMiss is the rule that would have decided otherwise with the fewest parts of its condition changed.
	NearestMiss string `json:"nearestMiss"`
}

// PolicyImpact is one effect that a change of the policies has on several objects.
type PolicyImpact struct {
	Decision string   `json:"decision"`
	Key      string   `json:"key"` // of decisions that have several values, such as an attribute
	OldValue string   `json:"oldValue"`
	NewValue string   `json:"newValue"`
	OldRule  string   `json:"oldRule"`
	NewRule  string   `json:"newRule"`
	TakeAway bool     `json:"takeAway"` // something is taken away
	Objects  int      `json:"objects"`
	Examples []string `json:"examples"`
}

// Diagnostic is a bundle for support.
type Diagnostic struct {
	Path   string   `json:"path"`
	Size   int64    `json:"size"` // bytes
	Sha256 string   `json:"sha256"`
	Files  []string `json:"files"` // in it
}

// RecordType implements Recorded.
func (DelayedTask) RecordType() string { return "DelayedTask" }

// RecordType implements Recorded.
func (TaskResult) RecordType() string { return "TaskResult" }

// RecordType implements Recorded.
func (Halt) RecordType() string { return "Halt" }

// RecordType implements Recorded.
func (SyncStatus) RecordType() string { return "SyncStatus" }

// RecordType implements Recorded.
func (Approval) RecordType() string { return "Approval" }

// RecordType implements Recorded.
func (MailboxDiagnosis) RecordType() string { return "MailboxDiagnosis" }

// RecordType implements Recorded.
func (Decision) RecordType() string { return "Decision" }

// RecordType implements Recorded.
func (PolicyImpact) RecordType() string { return "PolicyImpact" }

// RecordType implements Recorded.
func (Diagnostic) RecordType() string { return "Diagnostic" }
