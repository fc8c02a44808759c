function Enable-CoexistenceAlias {
    <#
    .SYNOPSIS
    Lets old names of commands start the new ones.
    .DESCRIPTION
    Makes aliases in the session: the names that DirSync, ADSync and MSOnline taught. A name that is a real command on this
    machine is left alone unless -Force is given.
    .PARAMETER Family
    Whose names.
    .PARAMETER Force
    Also hide real commands of these names.
    .EXAMPLE
    Enable-CoexistenceAlias -Family DirSync

    Lets Start-OnlineCoexistenceSync and the like work in this session.
    .EXAMPLE
    Enable-CoexistenceAlias -Family ADSync, MSOnline

    Adds the names of ADSync and MSOnline.
    .OUTPUTS
    None.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateSet('DirSync', 'ADSync', 'MSOnline')]
        [string[]] $Family,

        [switch] $Force
    )
    end {
        $names = @{
            DirSync  = @{ 'Start-OnlineCoexistenceSync' = 'Start-CoexistenceSync' }
            ADSync   = @{ 'Start-ADSyncSyncCycle' = 'Start-CoexistenceSync'; 'Stop-ADSyncSyncCycle' = 'Stop-CoexistenceSync'; 'Get-ADSyncConnectorRunStatus' = 'Get-CoexistenceSyncStatus'; 'Get-ADSyncRunProfileResult' = 'Get-CoexistenceRun'; 'Get-ADSyncRunStepResult' = 'Get-CoexistenceRunStep'; 'Get-ADSyncScheduler' = 'Get-CoexistenceSchedule' }
            MSOnline = @{ 'Get-MsolDirSyncProvisioningError' = 'Get-SyncValidation'; 'Get-MsolHasObjectsWithDirSyncProvisioningErrors' = 'Get-SyncValidation' }
        }
        foreach ($one in $Family) {
            foreach ($name in $names[$one].Keys) {
                $there = @(Get-Command -Name $name -ErrorAction Ignore | Where-Object -FilterScript { $_.CommandType -ne 'Alias' })
                if ($there.Count -gt 0 -and -not $Force) {
                    Write-Warning -Message "$name is a command of its own on this machine and keeps its meaning; -Force would hide it."
                    continue
                }
                Set-Alias -Name $name -Value "CoexistenceSync\$($names[$one][$name])" -Scope Global -Force
            }
        }
    }
}
