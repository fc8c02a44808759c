function Register-Completer {
    # Tab completion. A completer that fails gives nothing and says nothing.
    [CmdletBinding()]
    param()

    $plans = {
        param($CommandName, $ParameterName, $WordToComplete)
        $null = $CommandName, $ParameterName
        $word = ([string] $WordToComplete).Trim("'", '"')
        foreach ($file in [System.IO.Directory]::GetFiles((Get-Location -PSProvider FileSystem).ProviderPath, '*.plan')) {
            $name = [System.IO.Path]::GetFileName($file)
            if ($name.StartsWith($word, [System.StringComparison]::OrdinalIgnoreCase)) {
                $text = $name
                if ($name -match '[^\w.-]') { $text = "'" + $name.Replace("'", "''") + "'" }
                New-Object -TypeName System.Management.Automation.CompletionResult -ArgumentList $text, $name, 'ParameterValue', $file
            }
        }
    }
    Register-ArgumentCompleter -CommandName 'Start-CoexistenceSync', 'Get-CoexistencePlanChange', 'Show-CoexistencePlan', 'Export-CoexistencePlan', 'Approve-CoexistencePlan' -ParameterName 'PlanId' -ScriptBlock $plans
    $module = $ExecutionContext.SessionState.Module
    foreach ($entry in @(
            @('Get-CoexistenceRun', 'Id', 'Get-CoexistenceRun', 'RunId'),
            @('Get-CoexistenceRunStep', 'RunId', 'Get-CoexistenceRun', 'RunId'),
            @('Get-CoexistenceRunChange', 'RunId', 'Get-CoexistenceRun', 'RunId'),
            @('Stop-CoexistenceSync', 'RunId', 'Get-CoexistenceRun', 'RunId'),
            @('Wait-CoexistenceSync', 'RunId', 'Get-CoexistenceRun', 'RunId'),
            @('Undo-CoexistenceRun', 'RunId', 'Get-CoexistenceRun', 'RunId'),
            @('Get-CoexistenceTask', 'Id', 'Get-CoexistenceTask', 'TaskId'),
            @('Get-CoexistenceTask', 'Identity', 'Get-CoexistenceTask', 'Identity'),
            @('Invoke-CoexistenceTask', 'Id', 'Get-CoexistenceTask', 'TaskId'),
            @('Suspend-CoexistenceTask', 'Id', 'Get-CoexistenceTask', 'TaskId'),
            @('Resume-CoexistenceTask', 'Id', 'Get-CoexistenceTask', 'TaskId'),
            @('Remove-CoexistenceTask', 'Id', 'Get-CoexistenceTask', 'TaskId'),
            @('Get-CoexistenceCredential', 'Name', 'Get-CoexistenceCredential', 'Name'),
            @('Remove-CoexistenceCredential', 'Name', 'Get-CoexistenceCredential', 'Name'),
            @('Get-SyncValidation', 'Identity', 'Get-SyncValidation', 'Identity'),
            @('Test-CoexistenceObject', 'Identity', 'Get-SyncValidation', 'Identity'),
            @('Start-CoexistenceSync', 'Identity', 'Get-SyncValidation', 'Identity'),
            @('Get-CoexistencePolicy', 'Name', 'Get-CoexistencePolicy', 'Name'))) {
        $command, $property = $entry[2], $entry[3]
        $block = {
            param($CommandName, $ParameterName, $WordToComplete)
            $null = $CommandName, $ParameterName
            $word = ([string] $WordToComplete).Trim("'", '"')
            $values = & $module { param($c) Get-CompletionValue -Command $c } $command
            foreach ($value in $values) {
                $text = [string] $value.$property
                if ($text -and $text.StartsWith($word, [System.StringComparison]::OrdinalIgnoreCase)) {
                    New-Object -TypeName System.Management.Automation.CompletionResult -ArgumentList $text
                }
            }
        }.GetNewClosure()
        Register-ArgumentCompleter -CommandName $entry[0] -ParameterName $entry[1] -ScriptBlock $block
    }
}
