function Register-CoexistenceSchedule {
    <#
    .SYNOPSIS
    Lets the Windows Task Scheduler start a run every three hours.
    .DESCRIPTION
    The task starts the executable itself, not PowerShell. It runs as SYSTEM, as a service account with its password, or as a
    group managed service account, which needs none. A run that is still going on when the next is due is left to finish.
    .PARAMETER Name
    The name of the task.
    .PARAMETER TaskPath
    The folder of the task in the Task Scheduler.
    .PARAMETER Interval
    How often, three hours when left out. At least five minutes.
    .PARAMETER At
    When the first run starts, today or in the future.
    .PARAMETER ServiceAccount
    A group managed service account, DOMAIN\name$.
    .PARAMETER Credential
    A service account and its password. The Task Scheduler keeps the password.
    .PARAMETER LocalSystem
    Run as SYSTEM.
    .PARAMETER Force
    Replace a task of this name without asking.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Register-CoexistenceSchedule -ServiceAccount 'CONTOSO\svc-coexist$' -ConfigPath C:\ProgramData\Coexist\coexist.yaml

    Runs every three hours as a group managed service account.
    .EXAMPLE
    Register-CoexistenceSchedule -LocalSystem -Interval 01:00:00 -ConfigPath C:\ProgramData\Coexist\coexist.yaml

    Runs every hour as SYSTEM.
    .OUTPUTS
    Coexistence.Schedule: Name, TaskPath, State, Interval, User, NextRunTime, LastRunTime, LastTaskResult, Command, Arguments.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    [OutputType('Coexistence.Schedule')]
    param(
        [Parameter(Position = 0)]
        [string] $Name = 'Coexistence Sync',

        [string] $TaskPath = '\Coexistence\',

        [timespan] $Interval = (New-Object -TypeName System.TimeSpan -ArgumentList 3, 0, 0),

        [Nullable[datetime]] $At,

        [Parameter(Mandatory = $true, ParameterSetName = 'ServiceAccount')]
        [ValidatePattern('^[^\\]+\\[^\\]+\$$')]
        [string] $ServiceAccount,

        [Parameter(Mandatory = $true, ParameterSetName = 'Credential')]
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential,

        [Parameter(Mandatory = $true, ParameterSetName = 'LocalSystem')]
        [switch] $LocalSystem,

        [switch] $Force,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet -Force:$Force
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    end {
        $file = $ConfigPath
        if (-not $file) { $file = 'coexist.yaml' }
        $params = @{ every = "$([int64] $Interval.TotalMinutes)m"; name = $TaskPath + $Name; executable = (Resolve-EnginePath -EnginePath $EnginePath -Caller $PSCmdlet) }
        if ($null -ne $At) { $params.start = $At.ToString("yyyy-MM-dd'T'HH:mm:ss", [System.Globalization.CultureInfo]::InvariantCulture) }
        switch ($PSCmdlet.ParameterSetName) {
            'ServiceAccount' { $params['managed-account'] = $ServiceAccount }
            'Credential' { $params.account = $Credential.UserName }
            'LocalSystem' { $params.system = $true }
        }
        $request = @{ op = 'schedule.render'; configPath = $file; params = $params }
        $rendered = Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence schedule'
        if ($null -eq $rendered) { return }
        $action = 'Register a scheduled task'
        $there = @(Get-TaskEntry -Name $Name -TaskPath $TaskPath -Caller $PSCmdlet -Ignore)
        if ($there.Count -gt 0) { $action = 'Replace the scheduled task' }
        $go = $false
        $go = $PSCmdlet.ShouldProcess("$TaskPath$Name", $action)
        if ($go) {
            $register = @{ Name = $Name; TaskPath = $TaskPath; Xml = $rendered.Xml; Caller = $PSCmdlet }
            if ($PSCmdlet.ParameterSetName -eq 'Credential') { $register.Credential = $Credential }
            Register-TaskEntry @register
        }
    }
}
