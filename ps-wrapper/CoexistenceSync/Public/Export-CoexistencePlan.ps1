function Export-CoexistencePlan {
    <#
    .SYNOPSIS
    Writes the changes of a plan to a file.
    .DESCRIPTION
    Json keeps everything; Csv has one line for each attribute of a change, safe to open in a spreadsheet.
    .PARAMETER PlanId
    The plan: its file, or the digest of a plan in this folder, or the first eight characters of that.
    .PARAMETER Destination
    The file to write.
    .PARAMETER Format
    Json or Csv.
    .PARAMETER Force
    Replace a file that is there already.
    .PARAMETER PassThru
    Give the object back.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Export-CoexistencePlan -PlanId coexist.plan -Destination changes.csv

    Writes the changes as a table.
    .EXAMPLE
    Export-CoexistencePlan -PlanId 1f3a9c04 -Destination changes.json -Format Json -Force

    Writes them as JSON over what is there.
    .OUTPUTS
    None; with -PassThru System.IO.FileInfo.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low')]
    [OutputType([System.IO.FileInfo])]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Path', 'FullName', 'Digest')]
        [string] $PlanId = 'coexist.plan',

        [Parameter(Mandatory = $true, Position = 1)]
        [string] $Destination,

        [ValidateSet('Json', 'Csv')]
        [string] $Format = 'Csv',

        [switch] $Force,

        [switch] $PassThru,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    process {
        $file = Resolve-PlanPath -PlanId $PlanId -Caller $PSCmdlet -ConfigPath $ConfigPath -EnginePath $EnginePath
        $path = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Destination)
        if ([System.IO.File]::Exists($path) -and -not $Force) {
            $PSCmdlet.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'request.invalid' -Message "'$path' is there already." -Target $path -Action 'Name another file, or give -Force to replace it.'))
        }
        $go = $false
        $go = $PSCmdlet.ShouldProcess($path, 'Write the changes of the plan')
        if ($go) {
            $request = @{ op = 'show'; args = @($file); configPath = $ConfigPath; records = @('Change') }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence plan' |
                Write-PlanFile -Path $path -Format $Format
            if ($PassThru) { New-Object -TypeName System.IO.FileInfo -ArgumentList $path }
        }
    }
}
