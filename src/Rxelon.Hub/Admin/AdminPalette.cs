using Rxelon.Shared.Values;

namespace Rxelon.Hub.Admin;

/// <summary>All commands, found by the grammar <c>module verb -switch value …</c>.</summary>
public sealed class AdminPalette(IEnumerable<IAdminCommand> commands)
{
    private readonly IAdminCommand[] _commands =
        [.. commands.OrderBy(c => c.Module, StringComparer.Ordinal).ThenBy(c => c.Verb, StringComparer.Ordinal)];

    /// <summary>Exit codes: 0 done, 1 refused or failed, 2 not understood.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> words, string by, IAdminOutput output, CancellationToken cancel)
    {
        if (words.Count == 0 || words[0] is "help" or "-h" or "--help")
        {
            Help(words.Count > 1 ? words[1] : null, output);
            return 0;
        }

        var found = _commands.FirstOrDefault(c => words.Count > 1 && c.Module == words[0] && c.Verb == words[1]);
        if (found is null)
        {
            output.Line($"There is no command '{string.Join(' ', words.Take(2))}'. 'help' lists all.");
            return 2;
        }

        var arguments = Read(found, [.. words.Skip(2)], by);
        if (arguments.Fault is { } fault)
        {
            output.Line(fault.Message);
            return 2;
        }

        return await found.RunAsync(arguments.Value, output, cancel);
    }

    private static Outcome<AdminArguments> Read(IAdminCommand command, string[] words, string by)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < words.Length; i += 2)
        {
            var name = words[i].StartsWith('-') ? words[i].TrimStart('-') : null;
            if (name is null || command.Switches.All(s => s.Name != name))
                return Refuse(command, $"'{words[i]}' is not a switch of '{command.Module} {command.Verb}'");
            if (i + 1 == words.Length)
                return Refuse(command, $"-{name} needs a value");
            if (!values.TryAdd(name, words[i + 1]))
                return Refuse(command, $"-{name} was given twice");
        }

        return command.Switches.FirstOrDefault(s => s.Required && !values.ContainsKey(s.Name)) is { } missing
            ? Refuse(command, $"-{missing.Name} is missing ({missing.Meaning})")
            : new AdminArguments(values, by);
    }

    private static Fault Refuse(IAdminCommand command, string why)
        => new(FaultCodes.Malformed, $"{why}. Usage: {Usage(command)}", Culprit.Input);

    private static string Usage(IAdminCommand c)
        => $"{c.Module} {c.Verb}" + string.Concat(c.Switches.Select(s => s.Required ? $" -{s.Name} VALUE" : $" [-{s.Name} VALUE]"));

    private void Help(string? module, IAdminOutput output)
    {
        foreach (var command in _commands.Where(c => module is null || c.Module == module))
        {
            output.Line($"{Usage(command),-60} {command.Description}");
            if (module is not null)
            {
                foreach (var s in command.Switches)
                    output.Line($"    -{s.Name,-12} {s.Meaning}");
            }
        }
    }
}
