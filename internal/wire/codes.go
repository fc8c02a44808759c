package wire

// ErrorCode is one row of the table of errors: what the engine says and what PowerShell makes of it.
type ErrorCode struct {
	Code     string // on the wire
	ID       string // ErrorId behind "Coexistence."
	Category string // System.Management.Automation.ErrorCategory
	Ends     bool   // terminating: the command did not do what was asked
	Exit     int    // exit code of the engine; -1 for errors of the module itself
	Meaning  string
}

// ErrorCodes lists every error. A code that stands for several, such as guard.delete for guard, is looked up by what stands
// before its first dot when it is not listed itself.
func ErrorCodes() []ErrorCode {
	return []ErrorCode{
		{"unexpected", "Unexpected", "NotSpecified", true, 1, "Something went wrong that nobody foresaw."},
		{"config", "ConfigurationInvalid", "InvalidData", true, 3, "The configuration is invalid, or what it names is not there."},
		{"policy", "PolicyInvalid", "InvalidData", true, 3, "The policies do not load."},
		{"policy.unmet", "PolicyCheckFailed", "InvalidResult", false, 4, "Policy tests fail, none are found, coverage is below its gate, or lint has findings."},
		{"guard", "GuardExceeded", "LimitsExceeded", true, 5, "A guard is exceeded; the plan is written and not applied."},
		{"plan.stale", "PlanStale", "InvalidOperation", true, 6, "Directory or tenant changed since the plan was made."},
		{"plan.expired", "PlanExpired", "InvalidOperation", true, 6, "The plan is too old to be applied."},
		{"plan.altered", "PlanAltered", "InvalidOperation", true, 6, "The plan file was altered, or is no plan of this version."},
		{"plan.tenant", "PlanTenant", "InvalidOperation", true, 6, "The plan was made for another tenant."},
		{"plan.unapproved", "PlanUnapproved", "InvalidOperation", true, 6, "The plan was not approved where that is required."},
		{"plan.policy", "PlanPolicy", "InvalidOperation", true, 6, "The policies changed since the plan was made."},
		{"plan.applied", "PlanApplied", "InvalidOperation", true, 6, "The plan was carried out already."},
		{"plan.refused", "PlanRefused", "InvalidOperation", true, 6, "The plan is refused for another reason, which the message says."},
		{"writes.off", "WritesOff", "InvalidOperation", true, 6, "Writes are off in the configuration."},
		{"run.halted", "Halted", "InvalidOperation", true, 6, "Writing is suspended; Resume-Coexistence lifts it."},
		{"run.busy", "Busy", "ResourceBusy", true, 6, "Another run holds the lock."},
		{"run.partial", "RunPartial", "WriteError", false, 7, "Changes failed, conflict, are held or were not reached."},
		{"object.failed", "ObjectWriteFailed", "WriteError", false, 7, "One change was refused, or its outcome is not known."},
		{"object.conflict", "ObjectConflict", "ResourceExists", false, 7, "The object is no longer as it was when the plan was made."},
		{"object.deferred", "ObjectDeferred", "ResourceUnavailable", false, 7, "One change was put off, or waits for one that did not happen."},
		{"record.too_long", "RecordTooLong", "LimitsExceeded", false, 0, "One record is longer than a line may be, and was left out."},
		{"source", "SourceIncomplete", "ReadError", true, 8, "A connected directory could not be read completely."},
		{"net", "ConnectionFailed", "ConnectionError", true, 8, "A connected directory could not be reached."},
		{"auth.failed", "AuthenticationFailed", "AuthenticationError", true, 9, "The sign-in was refused."},
		{"auth.denied", "PermissionDenied", "PermissionDenied", true, 9, "A permission is missing."},
		{"object.not_found", "ObjectNotFound", "ObjectNotFound", false, 11, "The object named does not exist."},
		{"not_found", "NotFound", "ObjectNotFound", true, 11, "The object, plan, run or task named does not exist."},
		{"request.invalid", "InvalidArgument", "InvalidArgument", true, 64, "The engine did not understand what was asked for."},
		{"cancelled", "Cancelled", "OperationStopped", true, 130, "The command was stopped, and ended cleanly."},
		{"module.engine_missing", "EngineNotFound", "ObjectNotFound", true, -1, "The executable coexist was not found."},
		{"module.engine_start", "EngineStartFailed", "ResourceUnavailable", true, -1, "The executable coexist could not be started."},
		{"module.protocol", "ProtocolError", "ProtocolError", true, -1, "The engine wrote something that is not the protocol."},
		{"module.version", "ProtocolMismatch", "ProtocolError", true, -1, "Engine and module are of versions that do not fit."},
		{"module.crashed", "EngineCrashed", "OperationStopped", true, -1, "The engine ended without a result; Exception.Data has what it wrote last."},
		{"module.timeout", "Timeout", "OperationTimeout", true, -1, "The engine was silent for too long, or the time limit passed."},
		{"module.nobody_to_ask", "NobodyToAsk", "InvalidOperation", true, -1, "Confirmation is wanted, and nobody can be asked; nothing was started."},
		{"module.unsupported", "NotSupported", "NotInstalled", true, -1, "This system lacks what the command needs, such as the Windows Task Scheduler."},
	}
}
