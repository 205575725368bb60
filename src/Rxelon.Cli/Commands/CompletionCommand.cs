using System.CommandLine;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon completion</c>: scripts that ask the program itself (System.CommandLine's suggest directive).</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _rxelon() {
            local IFS=$'\n'
            COMPREPLY=( $(compgen -W "$(rxelon "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -o default -F _rxelon rxelon
        """;

    private const string Zsh = """
        #compdef rxelon
        _rxelon() {
            local -a found
            found=("${(@f)$(rxelon "[suggest:${#BUFFER}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- "${found[@]}"
            _files
        }
        compdef _rxelon rxelon
        """;

    private const string Fish = """
        function __rxelon
            set -l line (commandline -cp)
            rxelon "[suggest:"(string length -- $line)"]" $line 2>/dev/null
        end
        complete -c rxelon -a '(__rxelon)'
        """;

    internal static Command Build(CliHost host)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a completion script for a shell: source <(rxelon completion bash)") { shell };
        command.SetAction(parsed => host.Out.WriteLine(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash }));
        return command;
    }
}
