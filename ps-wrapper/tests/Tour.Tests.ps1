# docs/tour.md, block by block, against the real executable and a tenant for rehearsals. $env:COEXIST_REAL_ENGINE names the
# executable; go test ./ps-wrapper builds and names it.
BeforeDiscovery {
    $root = Split-Path -Path (Split-Path -Path $PSScriptRoot -Parent) -Parent
    $text = [System.IO.File]::ReadAllText([System.IO.Path]::Combine($root, 'docs', 'tour.md')).Replace("`r", '')
    $number = 0
    $blocks = @(foreach ($match in [regex]::Matches($text, '(?s)```powershell\n(.*?)```\n```text\n(.*?)```')) {
            $number++
            @{ Number = $number; Code = $match.Groups[1].Value; Want = $match.Groups[2].Value }
        })
}

BeforeAll {
    . (Join-Path -Path $PSScriptRoot -ChildPath 'Shared.ps1')
    $env:COEXIST_ENGINE = $env:COEXIST_REAL_ENGINE
    $script:folder = Join-Path -Path $TestDrive -ChildPath 'tour'
    $info = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $info.FileName = $env:COEXIST_REAL_ENGINE
    $info.Arguments = 'demo --serve --dir "' + $folder + '"'
    $info.UseShellExecute = $false
    $info.RedirectStandardOutput = $true
    $info.RedirectStandardError = $true
    $script:tenant = [System.Diagnostics.Process]::Start($info)
    $null = $tenant.StandardOutput.ReadToEndAsync()
    while ($true) {
        $line = $tenant.StandardError.ReadLine()
        if ($null -eq $line) { throw 'the tenant did not start' }
        if ($line -match 'COEXIST_TENANT_SECRET=(\S+)') { $env:COEXIST_TENANT_SECRET = $Matches[1] }
        if ($line -match 'Ctrl-C ends it') { break }
    }
    Push-Location -LiteralPath $folder
    # One scope for all blocks, as a session has it.
    $script:session = New-Module -Name Session -ScriptBlock { }
}

AfterAll {
    Pop-Location
    if ($tenant -and -not $tenant.HasExited) { $tenant.Kill() }
    Remove-Item -Path Env:COEXIST_TENANT_SECRET -ErrorAction Ignore
}

Describe 'tour' {
    It 'block <Number>' -ForEach $blocks {
        $log = Join-Path -Path $TestDrive -ChildPath "block$Number.txt"
        $null = Start-Transcript -Path $log
        try { $shown = . $session ([scriptblock]::Create($Code)) | Out-String -Width 200 } finally { $null = Stop-Transcript }
        if ($env:COEXIST_TOUR_TRANSCRIPT) {
            # The session as it looked; "What if:" lines go to the host and stand in the transcript alone.
            $typed = 'PS> ' + $Code.Trim().Replace("`n", "`nPS> ")
            $whatif = @([System.IO.File]::ReadAllLines($log) | Where-Object -FilterScript { $_ -like 'What if:*' }) -join "`n"
            [System.IO.File]::AppendAllText($env:COEXIST_TOUR_TRANSCRIPT, ("$typed`n$whatif`n$($shown.Trim())`n`n" -replace '[ \r]+\n', "`n" -replace '\n{3,}', "`n`n"))
        }
        $flat = ($shown + "`n" + [System.IO.File]::ReadAllText($log)) -replace '[ \t]+', ' '
        foreach ($line in $Want.Split("`n")) {
            $line = $line.Trim()
            if ($line) { $flat | Should -Match ([regex]::Escape(($line -replace '[ \t]+', ' ')).Replace('\.\.\.', '.*')) }
        }
    }
}
