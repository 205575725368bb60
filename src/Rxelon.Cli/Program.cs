using Rxelon.Cli;

return await CliApp.RunAsync(args, CliHost.OfThisProcess());
