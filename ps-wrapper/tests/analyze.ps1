# Writes each finding of PSScriptAnalyzer in the module and its tests as a line, and "clean" when there is none.
$root = Split-Path -Path $PSScriptRoot -Parent
if (-not (Get-Module -ListAvailable -Name PSScriptAnalyzer)) {
    'missing'
    exit 0
}
Import-Module -Name PSScriptAnalyzer
$found = @(Invoke-ScriptAnalyzer -Path (Join-Path -Path $root -ChildPath 'CoexistenceSync') -Recurse -Settings (Join-Path -Path $root -ChildPath 'PSScriptAnalyzerSettings.psd1'))
$found += @(Get-ChildItem -LiteralPath $PSScriptRoot -Filter '*.ps1' | ForEach-Object -Process { Invoke-ScriptAnalyzer -Path $_.FullName -Settings (Join-Path -Path $PSScriptRoot -ChildPath 'PSScriptAnalyzerSettings.psd1') })
foreach ($one in $found) { "$($one.ScriptName):$($one.Line) $($one.RuleName) $($one.Message)" }
if ($found.Count -eq 0) { 'clean' }
exit 0
