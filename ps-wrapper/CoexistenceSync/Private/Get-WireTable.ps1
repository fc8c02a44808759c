function Get-WireTable {
    # Made from internal/wire by go test ./ps-wrapper -update; do not edit.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    @{
        Module  = '1.0.0'
        Min     = 1
        Max     = 1
        MaxLine = 262144
        # code of the engine: ErrorId, ErrorCategory
        Error   = @{
            'unexpected' = @('Unexpected', 'NotSpecified')
            'config' = @('ConfigurationInvalid', 'InvalidData')
            'policy' = @('PolicyInvalid', 'InvalidData')
            'policy.unmet' = @('PolicyCheckFailed', 'InvalidResult')
            'guard' = @('GuardExceeded', 'LimitsExceeded')
            'plan.stale' = @('PlanStale', 'InvalidOperation')
            'plan.expired' = @('PlanExpired', 'InvalidOperation')
            'plan.altered' = @('PlanAltered', 'InvalidOperation')
            'plan.tenant' = @('PlanTenant', 'InvalidOperation')
            'plan.unapproved' = @('PlanUnapproved', 'InvalidOperation')
            'plan.policy' = @('PlanPolicy', 'InvalidOperation')
            'plan.applied' = @('PlanApplied', 'InvalidOperation')
            'plan.refused' = @('PlanRefused', 'InvalidOperation')
            'writes.off' = @('WritesOff', 'InvalidOperation')
            'run.halted' = @('Halted', 'InvalidOperation')
            'run.busy' = @('Busy', 'ResourceBusy')
            'run.partial' = @('RunPartial', 'WriteError')
            'object.failed' = @('ObjectWriteFailed', 'WriteError')
            'object.conflict' = @('ObjectConflict', 'ResourceExists')
            'object.deferred' = @('ObjectDeferred', 'ResourceUnavailable')
            'record.too_long' = @('RecordTooLong', 'LimitsExceeded')
            'source' = @('SourceIncomplete', 'ReadError')
            'net' = @('ConnectionFailed', 'ConnectionError')
            'auth.failed' = @('AuthenticationFailed', 'AuthenticationError')
            'auth.denied' = @('PermissionDenied', 'PermissionDenied')
            'object.not_found' = @('ObjectNotFound', 'ObjectNotFound')
            'not_found' = @('NotFound', 'ObjectNotFound')
            'request.invalid' = @('InvalidArgument', 'InvalidArgument')
            'cancelled' = @('Cancelled', 'OperationStopped')
            'module.engine_missing' = @('EngineNotFound', 'ObjectNotFound')
            'module.engine_start' = @('EngineStartFailed', 'ResourceUnavailable')
            'module.protocol' = @('ProtocolError', 'ProtocolError')
            'module.version' = @('ProtocolMismatch', 'ProtocolError')
            'module.crashed' = @('EngineCrashed', 'OperationStopped')
            'module.timeout' = @('Timeout', 'OperationTimeout')
            'module.nobody_to_ask' = @('NobodyToAsk', 'InvalidOperation')
            'module.unsupported' = @('NotSupported', 'NotInstalled')
        }
        # exit code: the code of a failed result that named no error
        Exit    = @{
            1 = 'unexpected'
            3 = 'config'
            4 = 'policy.unmet'
            5 = 'guard'
            6 = 'plan.refused'
            7 = 'run.partial'
            8 = 'source'
            9 = 'auth.failed'
            11 = 'not_found'
            64 = 'request.invalid'
            130 = 'cancelled'
        }
        # type: members that become [datetime]
        Date    = @{
            Plan = @('CreatedAt', 'ExpiresAt')
            SyncRun = @('StartedAt', 'EndedAt')
            RunChange = @('At')
            RunStep = @('StartedAt', 'EndedAt')
            Schedule = @('NextRunTime', 'LastRunTime')
            Credential = @('SetAt')
            DelayedTask = @('CreatedAt', 'NextAt', 'DeadlineAt', 'EndedAt')
            TaskResult = @('StartedAt', 'EndedAt')
            Halt = @('Since', 'LiftedAt')
            SyncStatus = @('LastRunEndedAt', 'NextSyncCycleStartTimeInUTC')
            Approval = @('ApprovedAt')
        }
    }
}
