# The module against an engine that plays faults. $env:COEXIST_FAKE_ENGINE names it; go test ./ps-wrapper builds and names it.
BeforeDiscovery {
    $broken = @(
        @{ Scenario = 'no-hello'; Id = 'ProtocolError' }
        @{ Scenario = 'new-wire'; Id = 'ProtocolMismatch' }
        @{ Scenario = 'not-json'; Id = 'ProtocolError' }
        @{ Scenario = 'not-object'; Id = 'ProtocolError' }
        @{ Scenario = 'gap'; Id = 'ProtocolError' }
        @{ Scenario = 'after-result'; Id = 'ProtocolError' }
        @{ Scenario = 'too-long-line'; Id = 'ProtocolError' }
        @{ Scenario = 'crash'; Id = 'EngineCrashed' }
    )
    $exits = @(
        @{ Exit = 1; Id = 'Unexpected'; Category = 'NotSpecified' }
        @{ Exit = 3; Id = 'ConfigurationInvalid'; Category = 'InvalidData' }
        @{ Exit = 5; Id = 'GuardExceeded'; Category = 'LimitsExceeded' }
        @{ Exit = 6; Id = 'PlanRefused'; Category = 'InvalidOperation' }
        @{ Exit = 8; Id = 'SourceIncomplete'; Category = 'ReadError' }
        @{ Exit = 9; Id = 'AuthenticationFailed'; Category = 'AuthenticationError' }
        @{ Exit = 11; Id = 'NotFound'; Category = 'ObjectNotFound' }
        @{ Exit = 64; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Exit = 130; Id = 'Cancelled'; Category = 'OperationStopped' }
    )
}

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Shared.ps1')
}

AfterAll {
    Remove-Module -Name CoexistenceSync -ErrorAction Ignore
}

Describe 'lines' {
    It 'keep their order, 2000 records' {
        Use-Scenario -Name order
        $all = Get-SyncValidation
        $all.Count | Should -Be 2000
        $all[0].Identity | Should -Be 'u0'
        $all[1999].Identity | Should -Be 'u1999'
        $all[7].PSTypeNames[0] | Should -Be 'Coexistence.SyncValidation'
    }
    It 'in disorder: <Scenario> is <Id>, and no engine is left' -ForEach $broken {
        Use-Scenario -Name $Scenario
        $caught = $null
        try { Get-SyncValidation } catch { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -BeExactly "Coexistence.$Id,Get-SyncValidation"
        Test-Alive | Should -BeFalse
    }
    It 'that never begin end the wait' {
        Use-Scenario -Name silent
        InModuleScope -ModuleName CoexistenceSync {
            function Test-Late { [CmdletBinding()] param() Invoke-CoexistenceEngine -Request @{ op = 'x' } -Caller $PSCmdlet -HelloSeconds 1 }
            { Test-Late } | Should -Throw -ErrorId 'Coexistence.ProtocolError,Test-Late'
        }
        Test-Alive | Should -BeFalse
    }
    It 'that stop end the wait' {
        Use-Scenario -Name hang
        InModuleScope -ModuleName CoexistenceSync {
            function Test-Silent { [CmdletBinding()] param() Invoke-CoexistenceEngine -Request @{ op = 'x' } -Caller $PSCmdlet -SilenceSeconds 1 }
            { Test-Silent } | Should -Throw -ErrorId 'Coexistence.Timeout,Test-Silent'
        }
    }
    It 'cannot be waited for by an engine that does not read a long request' {
        Use-Scenario -Name deaf
        InModuleScope -ModuleName CoexistenceSync {
            function Test-Deaf { [CmdletBinding()] param() Invoke-CoexistenceEngine -Request @{ op = 'x'; culture = 'y' * 400000 } -Caller $PSCmdlet -HelloSeconds 1 -CancelGraceSeconds 1 }
            { Test-Deaf } | Should -Throw -ErrorId 'Coexistence.ProtocolError,Test-Deaf'
        }
        Test-Alive | Should -BeFalse
    }
    It 'do not put off the time limit' {
        Use-Scenario -Name hang
        { Start-CoexistenceSync -TimeoutSeconds 1 } | Should -Throw -ErrorId 'Coexistence.Timeout,Start-CoexistenceSync'
        Use-Scenario -Name pings
        { Start-CoexistenceSync -TimeoutSeconds 1 } | Should -Throw -ErrorId 'Coexistence.Timeout,Start-CoexistenceSync'
    }
    It 'of unknown kinds and fields are left alone' {
        Use-Scenario -Name unknown
        (Get-SyncValidation).Later | Should -Be 'x'
    }
    It 'may have 256 KiB' {
        Use-Scenario -Name long-line
        (Get-SyncValidation).DisplayName.Length | Should -Be 261900
    }
    It 'keep text: accents, Han, emoji, right to left, NUL, what looks like a date' {
        Use-Scenario -Name text
        $one = Get-SyncValidation
        $one.Identity | Should -BeExactly "zo$([char] 0xe9)@contoso.com"
        $one.DisplayName | Should -BeExactly ("$([char] 0x6f22)$([char] 0x5b57) $([char]::ConvertFromUtf32(0x1f600)) $([char] 0x5e9)$([char] 0x5dc)$([char] 0x5d5)$([char] 0x5dd) $([char] 0) 2026-01-02T03:04:05")
    }
    It 'come beside 20 MiB of standard error' {
        Use-Scenario -Name flood
        (Get-SyncValidation).Identity | Should -Be 'a'
    }
}

Describe 'errors' {
    It 'exit code <Exit> is <Id>, <Category>' -ForEach $exits {
        $path = Join-Path -Path $TestDrive -ChildPath "exit$Exit.jsonl"
        [System.IO.File]::WriteAllLines($path, [string[]] @('{"k":"hello","wire":1,"wireMin":1,"wireMax":1}', "{`"`$exit`":$Exit}", "{`"k`":`"result`",`"status`":`"failed`",`"exit`":$Exit}"))
        Use-Scenario -Name $path
        $caught = $null
        try { Start-CoexistenceSync } catch { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -BeExactly "Coexistence.$Id,Start-CoexistenceSync"
        $caught.CategoryInfo.Category | Should -Be $Category
        $caught.Exception.Data['ExitCode'] | Should -Be $Exit
    }
    It 'keep what the engine wrote last when it crashes' {
        Use-Scenario -Name crash
        $caught = $null
        try { Get-SyncValidation } catch { $caught = $_ }
        $caught.Exception.Data['StdErr'] | Should -Match '^panic'
        $caught.Exception.Message | Should -Match 'exit code 2'
    }
    It 'that are fatal become the exception, with advice' {
        Use-Scenario -Name busy
        $caught = $null
        try { Start-CoexistenceSync } catch { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -BeExactly 'Coexistence.Busy,Start-CoexistenceSync'
        $caught.CategoryInfo.Category | Should -Be 'ResourceBusy'
        $caught.Exception.Data['Code'] | Should -Be 'run.busy'
        $caught.Exception.Data['Retryable'] | Should -BeTrue
        $caught.ErrorDetails.RecommendedAction | Should -Be 'wait for it'
    }
    It 'of a guard name it and the plan, and nobody is asked' {
        Use-Scenario -Name guard
        $caught = $null
        try { Start-CoexistenceSync -Force } catch { $caught = $_ }
        $caught.FullyQualifiedErrorId | Should -BeExactly 'Coexistence.GuardExceeded,Start-CoexistenceSync'
        $caught.Exception.Data['Guard'] | Should -Be 'delete'
        $caught.Exception.Data['PlanDigest'] | Should -Be 'sha256:abc'
        (Get-Seen).request | Should -Not -Match 'orce'
    }
    It 'of objects carry target, advice and the name of the command' {
        Use-Scenario -Name run
        $run = Start-CoexistenceSync -ErrorAction SilentlyContinue -ErrorVariable found -WarningAction SilentlyContinue
        $found.Count | Should -Be 2
        $found[0].FullyQualifiedErrorId | Should -BeExactly 'Coexistence.ObjectConflict,Start-CoexistenceSync'
        $found[0].TargetObject.name | Should -Be 'jdoe@contoso.com'
        $found[0].ErrorDetails.RecommendedAction | Should -Be 'Remove the duplicate address'
        $run.State | Should -Be 'CompletedWithErrors'
        $run.Duration.TotalSeconds | Should -Be 90.5
    }
    It 'leave no trace with -ErrorAction Ignore' {
        Use-Scenario -Name run
        $before = $global:Error.Count
        $null = Start-CoexistenceSync -ErrorAction Ignore -WarningAction SilentlyContinue
        $global:Error.Count | Should -Be $before
    }
    It 'let a run finish first under -ErrorAction Stop' {
        Use-Scenario -Name run
        { Start-CoexistenceSync -ErrorAction Stop -WarningAction SilentlyContinue } | Should -Throw -ErrorId 'Coexistence.ObjectConflict,Start-CoexistenceSync'
        (Get-Seen).finished | Should -BeTrue
    }
    It 'stop an engine that reads under -ErrorAction Stop' {
        Use-Scenario -Name read-error
        { Get-SyncValidation -ErrorAction Stop } | Should -Throw -ErrorId 'Coexistence.ObjectNotFound,Get-SyncValidation'
        (Get-Seen).finished | Should -BeFalse
    }
    It 'do not keep records from coming otherwise' {
        Use-Scenario -Name read-error
        (Get-SyncValidation -ErrorAction SilentlyContinue).Identity | Should -Be 'a'
    }
    It "obey the caller's own `$ErrorActionPreference" {
        Use-Scenario -Name run
        { & { $ErrorActionPreference = 'Stop'; Start-CoexistenceSync -WarningAction SilentlyContinue } } | Should -Throw -ErrorId 'Coexistence.ObjectConflict,Start-CoexistenceSync'
    }
    It 'tell a missing engine from a broken one' {
        { Get-SyncValidation -EnginePath (Join-Path -Path $TestDrive -ChildPath 'none') } | Should -Throw -ErrorId 'Coexistence.EngineNotFound,Get-SyncValidation'
        $path = Join-Path -Path $TestDrive -ChildPath 'plain.txt'
        [System.IO.File]::WriteAllText($path, 'no program')
        { Get-SyncValidation -EnginePath $path } | Should -Throw -ErrorId 'Coexistence.EngineStartFailed,Get-SyncValidation'
    }
}

Describe 'asking' {
    It '-WhatIf never applies and prints a line for each change' {
        Use-Scenario -Name whatif
        $log = Join-Path -Path $TestDrive -ChildPath 'whatif.txt'
        $null = Start-Transcript -Path $log
        try { $run = Start-CoexistenceSync -WhatIf -Force } finally { $null = Stop-Transcript }
        (Get-Request).mode | Should -Be 'whatif'
        $run.Mode | Should -Be 'WhatIf'
        $text = [System.IO.File]::ReadAllText($log)
        $text | Should -Match 'What if: Performing the operation "Create user" on target "ada@contoso.com"\.'
        $text | Should -Match 'What if: Performing the operation "Change licences of user" on target "bob@contoso.com"\.'
    }
    It '-Confirm:$false and -Force apply' {
        Use-Scenario -Name ok
        Start-CoexistenceSync -Confirm:$false
        (Get-Request).mode | Should -Be 'apply'
        Use-Scenario -Name ok
        & { $ConfirmPreference = 'Low'; Start-CoexistenceSync -Force }
        (Get-Request).mode | Should -Be 'apply'
    }
    It 'obeys -WhatIf of a function and of a module that calls' {
        Use-Scenario -Name whatif
        function Test-Wrapper { [CmdletBinding(SupportsShouldProcess = $true)] param() $null = Start-CoexistenceSync }
        Test-Wrapper -WhatIf
        (Get-Request).mode | Should -Be 'whatif'
        Use-Scenario -Name whatif
        $other = New-Module -Name Other -ScriptBlock { function Test-Other { [CmdletBinding(SupportsShouldProcess = $true)] param() $null = Start-CoexistenceSync } }
        & $other { Test-Other -WhatIf }
        (Get-Request).mode | Should -Be 'whatif'
    }
    It 'takes "<Given>" where the caller has "<Caller>" for WhatIf <WhatIf>, Confirm <Confirm>' -ForEach @(
        @{ Given = ''; Caller = '$WhatIfPreference = $true'; WhatIf = $true; Confirm = 'High' }
        @{ Given = '-WhatIf:$false'; Caller = '$WhatIfPreference = $true'; WhatIf = $false; Confirm = 'High' }
        @{ Given = '-WhatIf'; Caller = ''; WhatIf = $true; Confirm = 'High' }
        @{ Given = ''; Caller = '$ConfirmPreference = "Low"'; WhatIf = $false; Confirm = 'Low' }
        @{ Given = '-Force'; Caller = '$ConfirmPreference = "Low"'; WhatIf = $false; Confirm = 'None' }
        @{ Given = '-Force'; Caller = '$WhatIfPreference = $true'; WhatIf = $true; Confirm = 'None' }
        @{ Given = '-Confirm -Force'; Caller = ''; WhatIf = $false; Confirm = 'Low' }
        @{ Given = '-Confirm:$false'; Caller = '$ConfirmPreference = "Low"'; WhatIf = $false; Confirm = 'None' }
    ) {
        $inside = & (Get-Module -Name CoexistenceSync) {
            {
                [CmdletBinding(SupportsShouldProcess = $true)] param([switch] $Force)
                Get-CallerPreference -Caller $PSCmdlet -Force:$Force
            }
        }
        $got = & ([scriptblock]::Create("param(`$inside) $Caller; & `$inside $Given")) $inside
        $got.WhatIf | Should -Be $WhatIf
        $got.Confirm | Should -Be $Confirm
    }
    It '-Confirm with nobody to ask starts nothing' {
        Use-Scenario -Name ok
        $pipeline = Start-Pipeline -Script 'Start-CoexistenceSync -Confirm'
        try { $null = $pipeline.Shell.EndInvoke($pipeline.Handle) } catch { $caught = $_ }
        ($caught -or $pipeline.Shell.HadErrors) | Should -BeTrue
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
    It '-Confirm with nobody to ask writes no plan' {
        Use-Scenario -Name ok
        $pipeline = Start-Pipeline -Script 'New-CoexistencePlan -Confirm'
        try { $null = $pipeline.Shell.EndInvoke($pipeline.Handle) } catch { $null = $_ }
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
}

Describe 'pipelines' {
    It 'give identities by property name, to one engine' {
        Use-Scenario -Name ok
        $in = [pscustomobject] @{ UserPrincipalName = 'a@contoso.com' }, [pscustomobject] @{ DistinguishedName = 'CN=b' }, [pscustomobject] @{ ObjectGUID = [guid]::Empty }
        $null = $in | Get-SyncValidation
        (Get-Request).args -join '|' | Should -Be 'a@contoso.com|CN=b|00000000-0000-0000-0000-000000000000'
    }
    It 'without objects start nothing: <_>' -ForEach 'Get-SyncValidation', 'Start-CoexistenceSync', 'New-CoexistencePlan' {
        Use-Scenario -Name ok
        @() | & $_ | Should -BeNullOrEmpty
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
    It 'send an unset list as []' {
        Use-Scenario -Name ok
        Start-CoexistenceSync
        (Get-Seen).request | Should -Match '"object":\[\]'
        Use-Scenario -Name ok
        Start-CoexistenceSync -Identity one
        (Get-Seen).request | Should -Match '"object":\["one"\]'
    }
    It 'that end early end the engine cleanly, though its output is full' {
        Use-Scenario -Name stream
        (Get-SyncValidation | Select-Object -First 1).Identity | Should -Be 'u0'
        $seen = Get-Seen
        $seen.ended | Should -BeGreaterThan 0
        $seen.finished | Should -BeTrue
        $seen.lines | Should -BeLessThan 200000
    }
    It 'that are stopped close the input of the engine' {
        Use-Scenario -Name hang
        $pipeline = Start-Pipeline -Script 'Get-SyncValidation'
        Wait-Engine
        $pipeline.Shell.Stop()
        (Get-Seen).ended | Should -BeGreaterThan 0
        Test-Alive | Should -BeFalse
    }
    It 'that are stopped kill an engine that does not end' {
        Use-Scenario -Name hang-ignore
        $pipeline = Start-Pipeline -Script "& (Get-Module CoexistenceSync) { function Test-Kill { [CmdletBinding()] param() Invoke-CoexistenceEngine -Request @{ op = 'x' } -Caller `$PSCmdlet -CancelGraceSeconds 1 }; Test-Kill }"
        Wait-Engine
        $pipeline.Shell.Stop()
        Test-Alive | Should -BeFalse
    }
}

Describe 'streams' {
    It 'have a few progress records, and the last ends the bar' {
        Use-Scenario -Name run
        $pipeline = Start-Pipeline -Script 'Start-CoexistenceSync -ErrorAction SilentlyContinue'
        $null = $pipeline.Shell.EndInvoke($pipeline.Handle)
        $progress = @($pipeline.Shell.Streams.Progress | Where-Object -FilterScript { $_.Activity -eq 'Coexistence sync' })
        $progress.Count | Should -BeLessThan 100
        $progress[-1].RecordType | Should -Be 'Completed'
    }
    It 'end the bar when the engine crashes' {
        Use-Scenario -Name half
        $pipeline = Start-Pipeline -Script 'Start-CoexistenceSync'
        try { $null = $pipeline.Shell.EndInvoke($pipeline.Handle) } catch { $null = $_ }
        $pipeline.Shell.Streams.Progress[-1].RecordType | Should -Be 'Completed'
    }
    It 'have log lines by level, and only when asked' {
        Use-Scenario -Name run
        $quiet = Start-CoexistenceSync -PolicyType Initial -ErrorAction SilentlyContinue 3>&1 4>&1 5>&1
        @($quiet | Where-Object -FilterScript { $_ -is [System.Management.Automation.WarningRecord] }).Message | Should -Be 'a warning'
        @($quiet | Where-Object -FilterScript { $_ -is [System.Management.Automation.VerboseRecord] }).Count | Should -Be 0
        $loud = Start-CoexistenceSync -Verbose -Debug -ErrorAction SilentlyContinue 3>&1 4>&1 5>&1
        @($loud | Where-Object -FilterScript { $_ -is [System.Management.Automation.VerboseRecord] }).Message | Should -Contain 'an info'
        @($loud | Where-Object -FilterScript { $_ -is [System.Management.Automation.DebugRecord] }).Message | Should -Contain 'a debug'
    }
    It "follow the caller's preference variables" {
        Use-Scenario -Name run
        $got = & { $VerbosePreference = 'Continue'; $WarningPreference = 'SilentlyContinue'; Start-CoexistenceSync -ErrorAction SilentlyContinue 3>&1 4>&1 }
        @($got | Where-Object -FilterScript { $_ -is [System.Management.Automation.VerboseRecord] }).Message | Should -Contain 'an info'
        @($got | Where-Object -FilterScript { $_ -is [System.Management.Automation.WarningRecord] }).Count | Should -Be 0
    }
    It 'never turn -Debug into a question, as 5.1 would' {
        InModuleScope -ModuleName CoexistenceSync {
            function Test-Preference { [CmdletBinding()] param() (Get-CallerPreference -Caller $PSCmdlet).Debug }
            Test-Preference -Debug | Should -Be 'Continue'
        }
    }
}

Describe 'surroundings' {
    It 'may speak <_>' -ForEach 'tr-TR', 'fr-FR' {
        Use-Scenario -Name run
        $before = [System.Globalization.CultureInfo]::CurrentCulture
        try {
            [System.Threading.Thread]::CurrentThread.CurrentCulture = New-Object -TypeName System.Globalization.CultureInfo -ArgumentList $_
            $run = Start-CoexistenceSync -PolicyType Initial -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        }
        finally { [System.Threading.Thread]::CurrentThread.CurrentCulture = $before }
        (Get-Request).culture | Should -Be $_
        $run.Duration.TotalSeconds | Should -Be 90.5
        $run.StartedAt.Kind | Should -Be 'Utc'
    }
    It 'may put the engine in a folder named <_>' -ForEach 'a b', 'x [1] y', "it's" {
        Use-Scenario -Name one
        $folder = Join-Path -Path $TestDrive -ChildPath $_
        $null = [System.IO.Directory]::CreateDirectory($folder)
        $copy = [System.IO.Path]::Combine($folder, [System.IO.Path]::GetFileName($env:COEXIST_FAKE_ENGINE))
        [System.IO.File]::Copy($env:COEXIST_FAKE_ENGINE, $copy, $true)
        (Get-SyncValidation -EnginePath $copy).Identity | Should -Be 'a'
    }
    It 'keep everything but the command out of the command line' {
        Use-Scenario -Name ok
        Start-CoexistenceSync -Identity 'O''Brien "x" & y'
        $seen = Get-Seen
        $seen.args[1..9] -join ' ' | Should -Be 'sync --wire jsonl'
        $seen.bom | Should -BeFalse
        (Get-Request).params.object | Should -Be 'O''Brien "x" & y'
    }
    It 'make objects that survive JSON' {
        Use-Scenario -Name run
        $run = Start-CoexistenceSync -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        $again = $run | ConvertTo-Json -Depth 4 | ConvertFrom-Json
        $again.RunId | Should -Be 'r1'
        $again.DurationMs | Should -Be 90500
    }
    It 'see the views' {
        Use-Scenario -Name run
        Start-CoexistenceSync -ErrorAction SilentlyContinue -WarningAction SilentlyContinue | Out-String -Width 160 | Should -Match 'RunId\s+Mode\s+State\s+Started \(local\)'
        Use-Scenario -Name one
        Get-SyncValidation | Out-String -Width 160 | Should -Match 'Status\s+Type\s+Identity'
    }
}

Describe 'secrets' {
    It 'of a scheduled account reach the Task Scheduler and nothing else' {
        Use-Scenario -Name schedule
        $secret = 'pa55"w' + [char] 0xf6 + '<>&\ord'
        $credential = New-Object -TypeName System.Management.Automation.PSCredential -ArgumentList 'CONTOSO\svc', (ConvertTo-SecureString -String $secret -AsPlainText -Force)
        Mock -ModuleName CoexistenceSync -CommandName Get-TaskEntry -MockWith { }
        Mock -ModuleName CoexistenceSync -CommandName Register-TaskEntry -MockWith { }
        $text = Register-CoexistenceSchedule -Credential $credential -Verbose -Debug *>&1 | Out-String
        Should -Invoke -ModuleName CoexistenceSync -CommandName Register-TaskEntry -Times 1 -ParameterFilter { $Xml -eq '<Task/>' -and $Credential.GetNetworkCredential().Password -eq $secret }
        $seen = Get-Seen
        "$($seen.args) $($seen.environ) $($seen.request) $text" | Should -Not -Match 'pa55'
    }
}
