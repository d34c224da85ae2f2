// the specification's example of a batch of notifications: nothing comes back
$ sf-jwt serve
>> [ {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]} ]
>> {"jsonrpc":"2.0","id":2,"method":"ping"}
<< {"jsonrpc":"2.0","id":2,"result":{}}
