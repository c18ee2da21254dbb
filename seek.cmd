@echo off
rem Runs the command seek from its source; builds first where something changed. "seek train" is a program of its own.
setlocal
set DOTNET_NOLOGO=1
set DOTNET_CLI_TELEMETRY_OPTOUT=1
set project=SeekSharp.Cli
set program=seek
set arguments=%*
if "%1"=="train" (
    set project=SeekSharp.Training.Cli
    set program=seek-train
    call set arguments=%%arguments:*train=%%
)
dotnet build "%~dp0src\%project%" -c Release -nologo -v q -clp:NoSummary 1>&2 || exit /b 1
dotnet "%~dp0src\%project%\bin\Release\net10.0\%program%.dll" %arguments%
exit /b %errorlevel%
