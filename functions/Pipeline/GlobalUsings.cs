global using Microsoft.Extensions.Logging;
global using SlmOps.Contracts.Operator;
