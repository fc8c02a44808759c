function Get-CoexistenceTask {
    <#
    .SYNOPSIS
    Gets changes that wait, such as settings of a mailbox that is not there yet.
    .DESCRIPTION
    A change of a plan that was approved and could not be carried out waits as a task until its deadline. Every sync tries those
    that are due; Invoke-CoexistenceTask does so at once. Without -Id and -State only those that have not ended come.
    .PARAMETER Id
    The tasks, by their ids.
    .PARAMETER State
    Only tasks in these states.
    .PARAMETER Identity
    Only tasks of these objects, by user principal name, name or distinguished name; wildcards are possible.
    .PARAMETER DueBefore
    Only tasks that are tried before this instant.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceTask

    Lists what waits.
    .EXAMPLE
    Get-CoexistenceTask -State Failed, Expired | Select-Object -Property Identity, Message

    Shows what did not happen, and why.
    .OUTPUTS
    Coexistence.DelayedTask: TaskId, State, Operation, Identity, Reason, NextAt, DeadlineAt, Attempts, Message and more.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.DelayedTask')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('TaskId')]
        [string[]] $Id,

        [ValidateSet('Waiting', 'Suspended', 'Running', 'Done', 'Failed', 'Cancelled', 'Expired')]
        [string[]] $State,

        [SupportsWildcards()]
        [string[]] $Identity,

        [Nullable[datetime]] $DueBefore,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        $call = @{ Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence tasks' }
        & {
            if ($Id) {
                foreach ($name in $Id) { Invoke-CoexistenceEngine -Request @{ op = 'tasks.show'; args = @($name); configPath = $ConfigPath } @call }
            }
            else { Invoke-CoexistenceEngine -Request @{ op = 'tasks.list'; configPath = $ConfigPath; params = @{ all = [bool] $State } } @call }
        } | Where-Object -FilterScript {
            $task = $_
            (-not $State -or $State -contains $task.State) -and ($null -eq $DueBefore -or $task.NextAt -lt $DueBefore.ToUniversalTime()) -and
            (-not $Identity -or (Test-NameLike -Name $task.Identity -Pattern $Identity) -or (Test-NameLike -Name $task.Name -Pattern $Identity))
        }
    }
}
