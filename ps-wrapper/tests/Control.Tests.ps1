# Tasks, halt, approvals, credentials, diagnostics: against the engine that plays, and against the real one.
BeforeDiscovery {
    Import-Module -Name ([System.IO.Path]::Combine((Split-Path -Path $PSScriptRoot -Parent), 'CoexistenceSync', 'CoexistenceSync.psd1')) -Force
    $examples = @(foreach ($name in (Get-Module -Name CoexistenceSync).ExportedFunctions.Keys) {
            foreach ($example in (Get-Help -Name $name -Full).examples.example) { @{ Command = $name; Code = $example.code } }
        })
    $changing = @(
        @{ Code = 'Suspend-Coexistence -Reason drill'; Op = 'halt' }
        @{ Code = 'Resume-Coexistence'; Op = 'halt' }
        @{ Code = 'Invoke-CoexistenceTask -Due'; Op = 'tasks.run' }
        @{ Code = 'Invoke-CoexistenceTask -Id t1'; Op = 'tasks.run' }
        @{ Code = 'Suspend-CoexistenceTask -Id t1'; Op = 'tasks.suspend' }
        @{ Code = 'Resume-CoexistenceTask -Id t1'; Op = 'tasks.resume' }
        @{ Code = 'Remove-CoexistenceTask -Id t1'; Op = 'tasks.cancel' }
        @{ Code = 'Stop-CoexistenceSync'; Op = 'runs.stop' }
        @{ Code = 'Approve-CoexistencePlan -PlanId a.plan'; Op = 'approve' }
        @{ Code = 'Undo-CoexistenceRun -RunId last'; Op = 'undo' }
        @{ Code = 'Remove-CoexistenceCredential -Name a'; Op = 'credential.remove' }
        @{ Code = 'Invoke-CoexistenceDiagnostic -Path d.zip'; Op = 'diagnostic' }
        @{ Code = 'Set-CoexistenceCredential -Name a -Secret (New-Object -TypeName System.Security.SecureString)'; Op = 'credential.set' }
    )
}

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Shared.ps1')
}

Describe 'commands that change something' {
    It '<Code> -WhatIf starts no engine' -ForEach $changing {
        Use-Scenario -Name ok
        & ([scriptblock]::Create("$Code -WhatIf"))
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
    It '<Code> obeys -WhatIf of a function that calls' -ForEach $changing {
        Use-Scenario -Name ok
        $caller = [scriptblock]::Create("function Test-Wrapper { [CmdletBinding(SupportsShouldProcess = `$true)] param() $Code }; Test-Wrapper -WhatIf")
        & $caller
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
    It '<Code> -Confirm with nobody to ask starts no engine' -ForEach $changing {
        Use-Scenario -Name ok
        $pipeline = Start-Pipeline -Script "$Code -Confirm"
        try { $null = $pipeline.Shell.EndInvoke($pipeline.Handle) } catch { $null = $_ }
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
    It '<Code> -Confirm:$false asks for <Op>' -ForEach $changing {
        Use-Scenario -Name ok
        $null = & ([scriptblock]::Create("$Code -Confirm:`$false"))
        (Get-Request).op | Should -Be $Op
    }
    It 'Invoke-CoexistenceTask without tasks from the pipeline starts nothing' {
        Use-Scenario -Name ok
        @() | Invoke-CoexistenceTask -Confirm:$false | Should -BeNullOrEmpty
        Test-Path -LiteralPath $env:FAKE_RECORD | Should -BeFalse
    }
    It '-NoWait asks for a run of its own, and a rehearsal never does' {
        Use-Scenario -Name ok
        Start-CoexistenceSync -NoWait -Force
        (Get-Request).params.detach | Should -BeTrue
        Use-Scenario -Name ok
        Start-CoexistenceSync -NoWait -WhatIf
        (Get-Request).mode | Should -Be 'whatif'
        (Get-Request).params.detach | Should -BeNullOrEmpty
    }
    It 'a secret of -<Kind> goes through standard input alone' -ForEach @{ Kind = 'Secret' }, @{ Kind = 'Credential' } {
        Use-Scenario -Name ok
        $text = 'pa55"w' + [char] 0xf6 + '<>&\ord'
        $secure = ConvertTo-SecureString -String $text -AsPlainText -Force
        $given = @{ Secret = $secure }
        if ($Kind -eq 'Credential') { $given = @{ Credential = New-Object -TypeName System.Management.Automation.PSCredential -ArgumentList 'CONTOSO\svc', $secure } }
        $said = Set-CoexistenceCredential -Name a/b @given -Verbose -Debug *>&1 | Out-String
        (Get-Request).secret | Should -BeExactly $text
        $seen = Get-Seen
        "$($seen.args) $($seen.environ) $said" | Should -Not -Match 'pa55'
    }
    It 'a secret comes from a vault' {
        Use-Scenario -Name ok
        function global:Get-Secret { param($Name, $Vault) ConvertTo-SecureString -String "$Name of $Vault" -AsPlainText -Force }
        try { Set-CoexistenceCredential -Name a -SecretName app -VaultName Ops } finally { Remove-Item -Path Function:\Get-Secret }
        (Get-Request).secret | Should -Be 'app of Ops'
        { Set-CoexistenceCredential -Name a -SecretName app } | Should -Throw -ErrorId 'Coexistence.NotSupported,Set-CoexistenceCredential'
    }
}

Describe 'outcomes' {
    It '<Command> with exit code <Exit>: <Want>' -ForEach @(
        @{ Exit = 4; Command = 'Test-CoexistencePolicy'; Want = '' }
        @{ Exit = 7; Command = 'Start-CoexistenceSync'; Want = '' }
        @{ Exit = 7; Command = 'Invoke-CoexistenceTask -Due'; Want = '' }
        @{ Exit = 7; Command = 'Wait-CoexistenceSync'; Want = '' }
        @{ Exit = 5; Command = 'Wait-CoexistenceSync'; Want = '' }
        @{ Exit = 6; Command = 'Suspend-CoexistenceTask -Id t1'; Want = 'PlanRefused' }
        @{ Exit = 6; Command = 'Approve-CoexistencePlan -PlanId a.plan'; Want = 'PlanRefused' }
        @{ Exit = 11; Command = 'Get-CoexistenceTask -Id t1'; Want = 'NotFound' }
        @{ Exit = 11; Command = 'Undo-CoexistenceRun -RunId r1'; Want = 'NotFound' }
        @{ Exit = 11; Command = 'Resume-Coexistence -Force'; Want = 'NotFound' }
        @{ Exit = 3; Command = 'Get-CoexistenceCredential'; Want = 'ConfigurationInvalid' }
        @{ Exit = 64; Command = 'Invoke-CoexistenceDiagnostic'; Want = 'InvalidArgument' }
        @{ Exit = 130; Command = 'Stop-CoexistenceSync'; Want = 'Cancelled' }
    ) {
        $status = @{ 4 = 'partial'; 7 = 'partial'; 130 = 'cancelled' }[$Exit]
        if (-not $status) { $status = 'failed' }
        $path = Join-Path -Path $TestDrive -ChildPath "outcome$Exit.jsonl"
        [System.IO.File]::WriteAllLines($path, [string[]] @('{"k":"hello","wire":1,"wireMin":1,"wireMax":1}', "{`"`$exit`":$Exit}", "{`"k`":`"result`",`"status`":`"$status`",`"exit`":$Exit}"))
        Use-Scenario -Name $path
        $caught = $null
        try { $null = & ([scriptblock]::Create("$Command -WarningAction SilentlyContinue")) } catch { $caught = $_ }
        if ($Want) { $caught.FullyQualifiedErrorId | Should -Match "^Coexistence\.$Want,$($Command.Split(' ')[0])$" }
        else { $caught | Should -BeNullOrEmpty }
    }
}

Describe 'examples of the help' {
    BeforeAll {
        if (-not (Get-PSDrive -Name C -ErrorAction Ignore)) { $null = New-PSDrive -Name C -PSProvider FileSystem -Root $TestDrive -Scope Global }
        # What an example uses that is not here: other modules, and somebody who types.
        function global:Get-ADUser { [pscustomobject] @{ UserPrincipalName = 'ada@contoso.com'; DistinguishedName = 'CN=ada' } }
        function global:Get-ADGroupMember { Get-ADUser }
        function global:Read-Host { New-Object -TypeName System.Security.SecureString }
        function global:Get-Credential { New-Object -TypeName System.Management.Automation.PSCredential -ArgumentList 'svc', (New-Object -TypeName System.Security.SecureString) }
    }
    AfterAll {
        if ([System.IO.Path]::DirectorySeparatorChar -eq '/') { Remove-PSDrive -Name C -Scope Global -ErrorAction Ignore }
        Remove-Item -Path Function:\Get-ADUser, Function:\Get-ADGroupMember, Function:\Read-Host, Function:\Get-Credential -ErrorAction Ignore
    }
    It '<Command>: <Code>' -ForEach $examples {
        Use-Scenario -Name ok
        Push-Location -LiteralPath $TestDrive
        $wrong = @()
        try {
            $ConfirmPreference = 'None'
            $null = & ([scriptblock]::Create($Code)) 3>$null 6>$null
        }
        catch { $wrong = @($_) }
        finally {
            Pop-Location
            Remove-Item -Path Alias:\*ADSync*, Alias:\*Msol*, Alias:\Start-OnlineCoexistenceSync -ErrorAction Ignore
        }
        # What the module itself refuses here, such as a scheduled task on a system without, is a working example all the same.
        $wrong = @($wrong | Where-Object -FilterScript { $_.FullyQualifiedErrorId -notlike 'Coexistence.*' -and $Code -notmatch '\bthrow\b' })
        $wrong.Count | Should -Be 0 -Because ($wrong | Out-String)
    }
}

Describe 'surroundings' {
    It 'may speak <_>, at every new command' -ForEach 'tr-TR', 'fr-FR' {
        $path = Join-Path -Path $TestDrive -ChildPath 'task.jsonl'
        [System.IO.File]::WriteAllLines($path, [string[]] @(
                '{"k":"hello","wire":1,"wireMin":1,"wireMax":1}'
                '{"k":"record","type":"DelayedTask","v":1,"data":{"TaskId":"t1","State":"Waiting","Identity":"INGRID@contoso.com","Name":"Ingrid","Operation":"update","Reason":"its mailbox","NextAt":"2026-09-15T06:05:06Z","DeadlineAt":"2026-09-18T06:00:06Z","Attempts":0,"Message":""}}'
                '{"k":"result","status":"ok","exit":0}'))
        Use-Scenario -Name $path
        $before = [System.Globalization.CultureInfo]::CurrentCulture
        try {
            [System.Threading.Thread]::CurrentThread.CurrentCulture = New-Object -TypeName System.Globalization.CultureInfo -ArgumentList $_
            $task = Get-CoexistenceTask -State waiting -Identity 'ingrid*'
            $shown = $task | Out-String -Width 160
        }
        finally { [System.Threading.Thread]::CurrentThread.CurrentCulture = $before }
        $task.NextAt.Kind | Should -Be 'Utc'
        $task.NextAt.Hour | Should -Be 6
        $shown | Should -Match 'Waiting'
    }
    It 'complete tasks by their ids' {
        $path = Join-Path -Path $TestDrive -ChildPath 'complete.jsonl'
        [System.IO.File]::WriteAllLines($path, [string[]] @('{"k":"hello","wire":1,"wireMin":1,"wireMax":1}', '{"k":"record","type":"DelayedTask","v":1,"data":{"TaskId":"7a-1","State":"Waiting"}}', '{"k":"result","status":"ok","exit":0}'))
        Use-Scenario -Name $path
        $line = 'Invoke-CoexistenceTask -Id 7'
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be '7a-1'
    }
    It 'imports in a fraction of a second' {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        Import-Module -Name $module -Force
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 2
    }
}
