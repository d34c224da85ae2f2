// what is accepted is said, what was given is not
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme","minValiditySeconds":"SECRET"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"parameter `minValiditySeconds`: expected a whole number, 0 or more","data":{"kind":"usage","reason":"invalid-parameter","retryable":false,"hint":null,"causes":[],"links":[],"field":"minValiditySeconds"}}}
