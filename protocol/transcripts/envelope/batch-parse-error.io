// the specification's example of a batch that is no JSON
$ sf-jwt serve
>> [ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the frame is not JSON: line 1, column 98","data":{"kind":"protocol","reason":"parse-error","retryable":false,"hint":null,"causes":[],"links":[]}}}
