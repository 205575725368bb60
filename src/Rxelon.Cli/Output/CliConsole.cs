using Rxelon.Shared.Values;
using Spectre.Console;

namespace Rxelon.Cli.Output;

/// <summary>
/// Writes for people or, with --json, for programs: results to standard output, everything else (errors, progress, remarks) to
/// standard error. Colours only on a terminal and without NO_COLOR.
/// </summary>
internal sealed class CliConsole
{
    private const int PipedWidth = 240;

    private readonly CliHost _host;

    internal CliConsole(CliHost host, bool json, bool quiet)
    {
        _host = host;
        Json = json;
        Quiet = quiet;
        Out = Create(host.Out, host.OutIsTerminal);
        Error = Create(host.Error, host.ErrorIsTerminal);
    }

    internal bool Json { get; }

    internal bool Quiet { get; }

    internal IAnsiConsole Out { get; }

    internal IAnsiConsole Error { get; }

    /// <summary>True when remarks for people are wanted.</summary>
    internal bool Talks => !Json && !Quiet;

    /// <summary>True when progress can be drawn.</summary>
    internal bool Draws => Talks && _host.ErrorIsTerminal;

    internal void Document<T>(T value) => _host.Out.WriteLine(Documents.Write(value, indented: true));

    internal void Line<T>(T value)
    {
        _host.Out.WriteLine(Documents.Write(value, indented: false));
        _host.Out.Flush();
    }

    internal void Text(string text) => _host.Out.WriteLine(text);

    internal void Remark(string text)
    {
        if (Talks)
            _host.Error.WriteLine(text);
    }

    /// <summary>Says what is wrong and what to do, and gives the exit code.</summary>
    internal int Fail(Fault fault)
    {
        var hint = ExitCodes.Hint(fault);
        if (Json)
        {
            _host.Error.WriteLine(Documents.Write(
                new ErrorDocument(new ErrorInfo(fault.Code, fault.Message, fault.Culprit.ToString(), fault.Retryable, hint)), indented: true));
        }
        else
        {
            Error.MarkupLine($"[red]error[/] [bold]{fault.Code.EscapeMarkup()}[/]: {fault.Message.EscapeMarkup()}");
            if (hint is not null)
                Error.MarkupLine($"  {hint.EscapeMarkup()}");
        }

        return ExitCodes.Of(fault);
    }

    internal void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumns([.. columns.Select(c => new TableColumn($"[bold]{c.EscapeMarkup()}[/]") { NoWrap = !_host.OutIsTerminal, Padding = new Padding(0, 0, 2, 0) })]);
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => cell.EscapeMarkup())]);
        Out.Write(table);
    }

    /// <summary>Names and values below each other.</summary>
    internal void Facts(params (string Name, string? Value)[] facts)
    {
        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 2, 0) }).AddColumn();
        foreach (var (name, value) in facts)
        {
            if (value is not null)
                grid.AddRow($"[bold]{name.EscapeMarkup()}[/]", value.EscapeMarkup());
        }

        Out.Write(grid);
    }

    private IAnsiConsole Create(TextWriter writer, bool terminal)
    {
        var colours = terminal && string.IsNullOrEmpty(_host.Variable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal)
            console.Profile.Width = PipedWidth;
        return console;
    }
}
