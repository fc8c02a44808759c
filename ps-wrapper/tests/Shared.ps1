# What the test files share: the module, the engine that plays faults, pipelines that can be stopped.
$script:module = [System.IO.Path]::Combine((Split-Path -Path $PSScriptRoot -Parent), 'CoexistenceSync', 'CoexistenceSync.psd1')
Import-Module -Name $module -Force
$script:fixtures = Join-Path -Path $PSScriptRoot -ChildPath 'fixtures'

function Use-Scenario {
    param([string] $Name)
    $env:FAKE_SCENARIO = Join-Path -Path $fixtures -ChildPath "$Name.jsonl"
    if (-not [System.IO.File]::Exists($env:FAKE_SCENARIO)) { $env:FAKE_SCENARIO = $Name }
    $env:FAKE_RECORD = Join-Path -Path $TestDrive -ChildPath ([guid]::NewGuid().ToString() + '.json')
    $env:COEXIST_ENGINE = $env:COEXIST_FAKE_ENGINE
}
function Get-Seen { [System.IO.File]::ReadAllText($env:FAKE_RECORD) | ConvertFrom-Json }
function Get-Request { (Get-Seen).request | ConvertFrom-Json }
# Whether the engine still runs; one that was killed may take a moment to be gone.
function Test-Alive {
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt 5) {
        if ($null -eq (Get-Process -Id (Get-Seen).pid -ErrorAction Ignore)) { return $false }
        Start-Sleep -Milliseconds 50
    }
    $true
}

# A pipeline of its own, as a host has it: nobody can be asked, streams are kept, Stop can be called.
function Start-Pipeline {
    param([string] $Script)
    $shell = [powershell]::Create()
    $null = $shell.AddScript("Import-Module '$module'; $Script")
    $none = New-Object -TypeName 'System.Management.Automation.PSDataCollection[psobject]'
    $none.Complete()
    $output = New-Object -TypeName 'System.Management.Automation.PSDataCollection[psobject]'
    [pscustomobject] @{ Shell = $shell; Output = $output; Handle = $shell.BeginInvoke($none, $output) }
}
function Wait-Engine {
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt 30) {
        if ([System.IO.File]::Exists($env:FAKE_RECORD) -and (Get-Seen).request) { return }
        Start-Sleep -Milliseconds 20
    }
    throw 'the engine did not start'
}
