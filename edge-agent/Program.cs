using SlmOps.EdgeAgent;
using SlmOps.Inference;

RuntimeTelemetry.TurnOff();
Starter.EndWithIt();
var parsed = AgentCommandLine.Create().Parse(args);
var code = await parsed.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
return parsed.Errors.Count > 0 ? 2 : code;
