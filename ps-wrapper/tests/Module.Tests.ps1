# The module as a whole: import, manifest, help, completion, the schedule. Needs no engine.
BeforeDiscovery {
    Import-Module -Name ([System.IO.Path]::Combine((Split-Path -Path $PSScriptRoot -Parent), 'CoexistenceSync', 'CoexistenceSync.psd1')) -Force
    $commands = @((Get-Module -Name CoexistenceSync).ExportedFunctions.Keys)
}

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Shared.ps1')
}

Describe 'module' {
    It 'has a valid manifest and exports what it says' {
        $manifest = Test-ModuleManifest -Path $module -ErrorAction Stop
        $loaded = Get-Module -Name CoexistenceSync
        ($loaded.ExportedFunctions.Keys | Sort-Object) -join ',' | Should -Be (($manifest.ExportedFunctions.Keys | Sort-Object) -join ',')
        ($loaded.ExportedAliases.Keys | Sort-Object) -join ',' | Should -Be 'Get-CoexistenceValidation,Start-OnlineCoexistenceSync'
    }
    It 'imports without a word and starts nothing' {
        $env:COEXIST_ENGINE = $env:COEXIST_FAKE_ENGINE
        $env:FAKE_RECORD = Join-Path -Path $TestDrive -ChildPath 'import.json'
        $text = Import-Module -Name $module -Force *>&1 | Out-String
        $text.Trim() | Should -BeNullOrEmpty
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
    It '<_> has help: a synopsis, every parameter, two examples that parse' -ForEach $commands {
        $help = Get-Help -Name $_ -Full
        $help.Synopsis | Should -Not -Match '^\s*$'
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        $common = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters
        foreach ($name in (Get-Command -Name $_).Parameters.Keys) {
            if ($common -contains $name) { continue }
            @($help.parameters.parameter | Where-Object -FilterScript { $_.name -eq $name -and $_.description }).Count | Should -Be 1 -Because $name
        }
        foreach ($example in $help.examples.example) {
            $mistakes = $null
            $null = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $mistakes)
            $mistakes.Count | Should -Be 0 -Because $example.code
        }
    }
    It 'completes plan files' {
        Push-Location -LiteralPath $TestDrive
        try {
            [System.IO.File]::WriteAllText((Join-Path -Path $TestDrive -ChildPath 'monday one.plan'), '')
            (TabExpansion2 -inputScript 'Show-CoexistencePlan -PlanId mon' -cursorColumn 32).CompletionMatches.CompletionText | Should -Be "'monday one.plan'"
        }
        finally { Pop-Location }
    }
    It 'makes old names work when asked to, and leaves real commands alone' {
        function global:Get-MsolDirSyncProvisioningError { 'mine' }
        try {
            Enable-CoexistenceAlias -Family ADSync, MSOnline -WarningVariable said -WarningAction SilentlyContinue
            (Get-Alias -Name Start-ADSyncSyncCycle).Definition | Should -Match 'Start-CoexistenceSync'
            Get-MsolDirSyncProvisioningError | Should -Be 'mine'
            $said.Count | Should -Be 1
        }
        finally { Remove-Item -Path Function:\Get-MsolDirSyncProvisioningError, Alias:\Start-ADSyncSyncCycle, Alias:\Get-ADSync*, Alias:\Get-MsolHas* -ErrorAction Ignore }
    }
}

Describe 'schedule' {
    It 'says that a system has no Task Scheduler' {
        if (Get-Command -Name Register-ScheduledTask -ErrorAction Ignore) { Set-ItResult -Skipped -Because 'this system has one' }
        { Get-CoexistenceSchedule } | Should -Throw -ErrorId 'Coexistence.NotSupported,Get-CoexistenceSchedule'
    }
    It '-WhatIf leaves the Task Scheduler alone: <_>' -ForEach 'Set-CoexistenceSchedule -Interval 01:00:00', 'Enable-CoexistenceSchedule', 'Disable-CoexistenceSchedule', 'Unregister-CoexistenceSchedule' {
        foreach ($name in 'Set-TaskInterval', 'Set-TaskEnabled', 'Unregister-TaskEntry') { Mock -ModuleName CoexistenceSync -CommandName $name -MockWith { } }
        & ([scriptblock]::Create("$_ -WhatIf"))
        foreach ($name in 'Set-TaskInterval', 'Set-TaskEnabled', 'Unregister-TaskEntry') { Should -Invoke -ModuleName CoexistenceSync -CommandName $name -Times 0 }
    }
    It 'changes what it was asked to' {
        foreach ($name in 'Set-TaskInterval', 'Set-TaskEnabled', 'Unregister-TaskEntry') { Mock -ModuleName CoexistenceSync -CommandName $name -MockWith { } }
        Set-CoexistenceSchedule -Interval 01:00:00
        Should -Invoke -ModuleName CoexistenceSync -CommandName Set-TaskInterval -Times 1 -ParameterFilter { $Interval.TotalMinutes -eq 60 -and $TaskPath -eq '\Coexistence\' }
        Disable-CoexistenceSchedule
        Should -Invoke -ModuleName CoexistenceSync -CommandName Set-TaskEnabled -Times 1 -ParameterFilter { -not $Enabled }
        Unregister-CoexistenceSchedule -Force
        Should -Invoke -ModuleName CoexistenceSync -CommandName Unregister-TaskEntry -Times 1
    }
    It 'refuses to run more often than every five minutes' {
        { Set-CoexistenceSchedule -Interval 00:01:00 } | Should -Throw -ErrorId 'Coexistence.InvalidArgument,Set-CoexistenceSchedule'
    }
}
