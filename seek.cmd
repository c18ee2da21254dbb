@echo off
rem Runs the command seek from its source; builds first where something changed.
setlocal
set DOTNET_NOLOGO=1
set DOTNET_CLI_TELEMETRY_OPTOUT=1
dotnet build "%~dp0src\SeekSharp.Cli" -c Release -nologo -v q -clp:NoSummary 1>&2 || exit /b 1
dotnet "%~dp0src\SeekSharp.Cli\bin\Release\net10.0\seek.dll" %*
exit /b %errorlevel%
