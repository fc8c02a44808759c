# Exit codes and secrets through the real executable. Most of it needs a configuration alone, and no tenant.
BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Shared.ps1')
    $env:COEXIST_ENGINE = $env:COEXIST_REAL_ENGINE
    $env:COEXIST_TENANT_SECRET = 'rehearsal'
    $env:COEXIST_CREDENTIALS_PASSPHRASE = 'correct horse battery staple'
    $script:folder = Join-Path -Path $TestDrive -ChildPath 'engine'
    $null = [System.IO.Directory]::CreateDirectory($folder)
    $root = Split-Path -Path (Split-Path -Path $PSScriptRoot -Parent) -Parent
    Copy-Item -Recurse -LiteralPath ([System.IO.Path]::Combine($root, 'policies', 'sample')) -Destination (Join-Path -Path $folder -ChildPath 'policies')
    Remove-Item -Recurse -LiteralPath ([System.IO.Path]::Combine($folder, 'policies', 'tests')) -ErrorAction Ignore
    [System.IO.File]::WriteAllText((Join-Path -Path $folder -ChildPath 'a.ldif'), "dn: CN=Ada,DC=contoso,DC=example`nobjectClass: user`ncn: Ada`n")
    [System.IO.File]::WriteAllText((Join-Path -Path $folder -ChildPath 'coexist.yaml'), @'
apiVersion: coexist/v1
kind: Configuration
directories:
  - name: contoso
    ldif: a.ldif
    scope: [{ ou: "DC=contoso,DC=example" }]
tenant:
  id: 7a9b5c7e-1f67-4f0c-9a3b-2f1d5c1f0a11
  url: http://127.0.0.1:9
  auth: { clientId: 4e1f8a20-9d3c-4f5b-8a77-6c2b9e0d1f22, secret: { env: COEXIST_TENANT_SECRET } }
policies: policies
store: state/coexist.db
'@)
    Push-Location -LiteralPath $folder
    function Get-Caught {
        param([string] $Code)
        try { $null = & ([scriptblock]::Create("$Code -WarningAction SilentlyContinue")) } catch { return $_ }
    }
}

AfterAll {
    Pop-Location
    Remove-Item -Path Env:COEXIST_TENANT_SECRET, Env:COEXIST_CREDENTIALS_PASSPHRASE -ErrorAction Ignore
}

Describe 'the real executable' {
    It '<Code> ends with <Exit>, <Id>' -ForEach @(
        @{ Code = 'Get-CoexistenceRun -ConfigPath missing.yaml'; Exit = 3; Id = 'ConfigurationInvalid' }
        @{ Code = 'Start-CoexistenceSync -Force -ConfigPath missing.yaml'; Exit = 3; Id = 'ConfigurationInvalid' }
        @{ Code = 'Get-CoexistenceTask -Id 0a882142-889f-498d-b805-fd6313d7babc'; Exit = 11; Id = 'NotFound' }
        @{ Code = 'Suspend-CoexistenceTask -Id none'; Exit = 11; Id = 'NotFound' }
        @{ Code = 'Stop-CoexistenceSync -RunId none -Force'; Exit = 11; Id = 'NotFound' }
        @{ Code = 'Wait-CoexistenceSync -RunId none'; Exit = 11; Id = 'NotFound' }
        @{ Code = 'Resume-Coexistence -Force'; Exit = 11; Id = 'NotFound' }
        @{ Code = 'Remove-CoexistenceCredential -Name none -Force'; Exit = 11; Id = 'NotFound' }
        @{ Code = 'Invoke-CoexistenceTask -Due -Force'; Exit = 6; Id = 'WritesOff' }
        @{ Code = 'New-CoexistencePlan'; Exit = 8; Id = '(ConnectionFailed|SourceIncomplete)' }
        @{ Code = 'Approve-CoexistencePlan -PlanId a.ldif -Force'; Exit = 6; Id = 'PlanAltered' }
        @{ Code = 'Set-CoexistenceCredential -Name "a b`nc" -Force -Secret (ConvertTo-SecureString -String x -AsPlainText -Force)'; Exit = 64; Id = 'InvalidArgument' }
        @{ Code = 'Invoke-CoexistenceDiagnostic -Path a.ldif'; Exit = 64; Id = 'InvalidArgument' }
    ) {
        $caught = Get-Caught -Code $Code
        $caught.FullyQualifiedErrorId | Should -Match "^Coexistence\.$Id,$($Code.Split(' ')[0])$"
        $caught.Exception.Data['ExitCode'] | Should -Be $Exit
    }
    It 'tests of policies that find none are told as a result, exit code 4' {
        Test-CoexistencePolicy -Quiet -WarningAction SilentlyContinue -ErrorAction SilentlyContinue | Should -BeFalse
    }
    It 'a halt holds until it is lifted' {
        (Suspend-Coexistence -Reason 'drill' -Force).Active | Should -BeTrue
        (Get-CoexistenceSyncStatus).State | Should -Be 'Suspended'
        (Resume-Coexistence -Force).Active | Should -BeFalse
        (Get-CoexistenceSyncStatus).State | Should -Be 'Idle'
    }
    It 'keeps a real secret, and shows it nowhere' {
        $text = 'pa55"w' + [char] 0xf6 + "<>&\ord 'x'"
        $secure = ConvertTo-SecureString -String $text -AsPlainText -Force
        $credential = New-Object -TypeName System.Management.Automation.PSCredential -ArgumentList 'CONTOSO\svc', $secure
        $said = Set-CoexistenceCredential -Name coexist/ad -Credential $credential -PassThru -Verbose -Debug *>&1 | Out-String
        $said | Should -Match 'CONTOSO\\svc'
        $said | Should -Not -Match 'pa55'
        foreach ($file in [System.IO.Directory]::GetFiles($folder, '*', 'AllDirectories')) {
            [System.Text.Encoding]::UTF8.GetString([System.IO.File]::ReadAllBytes($file)) | Should -Not -Match 'pa55'
        }
        # It is the secret, to the letter: the tenant's secret is read from the store, and the reading says what it lacks otherwise.
        $yaml = [System.IO.File]::ReadAllText((Join-Path -Path $folder -ChildPath 'coexist.yaml'))
        [System.IO.File]::WriteAllText((Join-Path -Path $folder -ChildPath 'with.yaml'), $yaml.Replace('{ env: COEXIST_TENANT_SECRET }', '{ credential: coexist/ad }'))
        Test-CoexistenceConfiguration -ConfigPath with.yaml -Quiet | Should -BeTrue
        Remove-CoexistenceCredential -Name coexist/ad -Force
    }
    It 'a bundle names nobody' {
        $made = Invoke-CoexistenceDiagnostic -Path case.zip -Offline
        $made.Size | Should -BeGreaterThan 500
        $made.Files | Should -Contain 'runs.json'
        Add-Type -AssemblyName System.IO.Compression.FileSystem
        $zip = [System.IO.Compression.ZipFile]::OpenRead($made.Path)
        try {
            foreach ($entry in $zip.Entries) {
                $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList $entry.Open()
                # The hexadecimal digits of marks, which differ with each bundle, and of digests can spell ada.
                $reader.ReadToEnd() -creplace 'mark-[0-9a-f]{12}|\b[0-9a-f]{64}\b' | Should -Not -Match 'contoso|Ada|rehearsal|7a9b5c7e' -Because $entry.FullName
            }
        }
        finally { $zip.Dispose() }
    }
}
