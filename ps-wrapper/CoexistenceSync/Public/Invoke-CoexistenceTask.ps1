function Invoke-CoexistenceTask {
    <#
    .SYNOPSIS
    Carries out delayed tasks now.
    .DESCRIPTION
    The tasks named, or with -Due those whose time has come. Each passes the same checks as a change of a plan: the source is
    looked at again, and the object before it is written. One object comes back, when all were tried.
    .PARAMETER Id
    The tasks, by their ids.
    .PARAMETER Due
    All tasks that are due.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Invoke-CoexistenceTask -Due

    Tries what is due, as every sync does at its end.
    .EXAMPLE
    Get-CoexistenceTask -Identity ada@contoso.com | Invoke-CoexistenceTask

    Tries the tasks of one user at once.
    .OUTPUTS
    Coexistence.TaskResult: RunId, State, Done, Waiting, Failed, Tasks.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Task')]
    [OutputType('Coexistence.TaskResult')]
    param(
        [Parameter(ParameterSetName = 'Task', Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('TaskId')]
        [string[]] $Id,

        [Parameter(ParameterSetName = 'Due', Mandatory = $true)]
        [switch] $Due,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath,

        [switch] $Force
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet -Force:$Force
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
        $wanted = New-Object -TypeName 'System.Collections.Generic.List[string]'
    }
    process {
        foreach ($name in $Id) { if ($name) { $wanted.Add($name) } }
    }
    end {
        # No task came through the pipeline: that must not mean all that are due.
        if ($PSCmdlet.ParameterSetName -eq 'Task' -and $wanted.Count -eq 0) { return }
        $target = 'the tasks that are due'
        if ($wanted.Count -gt 0) { $target = "task $($wanted.ToArray() -join ', ')" }
        $go = $false
        $go = $PSCmdlet.ShouldProcess($target, 'Carry out')
        if ($go) {
            $request = @{ op = 'tasks.run'; mode = 'apply'; args = $wanted.ToArray(); configPath = $ConfigPath; records = @() }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence tasks' -ResultType 'TaskResult'
        }
    }
}
