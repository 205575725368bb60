using System.CommandLine;
using Rxelon.Node.Config;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Commands;

/// <summary>The options of <c>run</c> and <c>check</c>.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> _state = State();
    private readonly Option<int?> _slots = new("--slots") { Description = "Attempts at the same time (default: one per core)" };
    private readonly Option<double?> _cpus = new("--cpus") { Description = "Cores to offer (default: all)" };
    private readonly Option<string?> _memory = new("--memory") { Description = "Memory to offer, such as 8GiB (default: half)" };
    private readonly Option<string> _ask = new("--ask") { Description = "Tokens per core-hour", DefaultValueFactory = _ => "0.1" };
    private readonly Option<string> _region = new("--region")
    {
        Description = "Where this machine stands, such as eu",
        DefaultValueFactory = _ => "",
    };
    private readonly Option<string[]> _labels = new("--label") { Description = "name=value that tasks can ask for; repeatable" };
    private readonly Option<string> _docker = new("--docker")
    {
        Description = "The container engine's socket",
        DefaultValueFactory = _ => "unix:///var/run/docker.sock",
    };
    private readonly Option<bool> _allowSwap = new("--allow-swap") { Description = "Run although users' plaintext could be swapped to a disk" };
    private readonly Option<bool> _announce = new("--announce-changes")
    {
        Description = "Tell the hub that the options were changed on purpose; without it a change isolates the node",
    };
    private readonly Option<bool> _mock = new("--mock") { Description = "Also accept mock tasks, which compute nothing (tests)" };
    private readonly Option<string> _executors = new("--executors")
    {
        Description = "What to run: wasm, docker",
        DefaultValueFactory = _ => "wasm,docker",
    };

    internal static Option<string> State() => new("--state")
    {
        Description = "The node's directory",
        DefaultValueFactory = _ => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "rxelon-node"),
    };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_state, _slots, _cpus, _memory, _ask, _region, _labels, _announce])
            command.Add(option);
        AddSandboxOptionsTo(command);
    }

    internal void AddSandboxOptionsTo(Command command)
    {
        foreach (var option in (Option[])[_docker, _allowSwap, _mock, _executors])
            command.Add(option);
    }

    /// <summary>The options, or null after saying what is wrong with them.</summary>
    internal NodeOptions? Read(ParseResult parsed, TextWriter errors)
    {
        List<string> wrong = [];
        var options = new NodeOptions
        {
            StateDirectory = Path.GetFullPath(parsed.GetValue(_state) ?? "."),
            Slots = parsed.GetValue(_slots),
            Cpus = parsed.GetValue(_cpus),
            Memory = Memory(parsed.GetValue(_memory)),
            Ask = Ask(parsed.GetValue(_ask)),
            Region = parsed.GetValue(_region) ?? "",
            Labels = Labels(parsed.GetValue(_labels) ?? []),
            Docker = Docker(parsed.GetValue(_docker)),
            AllowSwap = parsed.GetValue(_allowSwap),
            AnnounceChanges = parsed.GetValue(_announce),
            Executors = Kinds(parsed.GetValue(_executors) ?? "", parsed.GetValue(_mock)),
        };
        foreach (var error in wrong.Concat(wrong.Count == 0 ? options.Validate() : []))
            errors.WriteLine(error);
        return wrong.Count == 0 && options.Validate().Count == 0 ? options : null;

        long? Memory(string? text)
        {
            if (text is null)
                return null;
            if (!ByteSize.TryParse(text, out var bytes))
                wrong.Add($"--memory: '{text}' is not a size such as 8GiB.");
            return bytes;
        }

        Tokens Ask(string? text)
        {
            if (text is null)
                return new Tokens(1);
            if (!Tokens.TryParse(text, out var ask))
                wrong.Add($"--ask: '{text}' is not a number of tokens such as 0.5.");
            return ask;
        }

        Uri Docker(string? text)
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var uri))
                return uri;
            wrong.Add($"--docker: '{text}' is not an address such as unix:///var/run/docker.sock.");
            return new Uri("unix:///");
        }

        Dictionary<string, string> Labels(string[] texts)
        {
            var labels = new Dictionary<string, string>();
            foreach (var text in texts)
            {
                var equals = text.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0)
                    wrong.Add($"--label: '{text}' is not name=value.");
                else
                    labels[text[..equals]] = text[(equals + 1)..];
            }

            return labels;
        }

        HashSet<WorkloadKind> Kinds(string text, bool mock)
        {
            var kinds = new HashSet<WorkloadKind>();
            foreach (var name in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                switch (name)
                {
                    case "wasm":
                        kinds.Add(WorkloadKind.Wasm);
                        break;
                    case "docker":
                        kinds.Add(WorkloadKind.Docker);
                        break;
                    default:
                        wrong.Add($"--executors: there is no '{name}'; there are wasm and docker.");
                        break;
                }
            }

            if (mock)
                kinds.Add(WorkloadKind.Mock);
            return kinds;
        }
    }
}
