using System.CommandLine;
using Rxelon.Node.Commands;

// Reporting what runs, the goodbye and the sandboxes' end take longer than the two seconds that are the default.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) };
return await NodeCommands.Root().Parse(args).InvokeAsync(configuration);
